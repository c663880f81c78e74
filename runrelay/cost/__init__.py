"""`runrelay cost`: what polling costs, what Runrelay costs, and from when on it costs less."""

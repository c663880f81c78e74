"""`runrelay console`: pages about the runs of a stack, served on the operator's own machine alone."""

"""EndpointFunction: keeps the webhook endpoint at OpenAI, and its signing secret, as they should be."""

"""The webhook endpoint at OpenAI: asks EndpointFunction, which has the key, and says what came of it."""

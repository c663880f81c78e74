"""The client: starts runs over the HTTP API, waits for their ends, answers their calls.

What it asks for is in `operations`, as values that two clients send: `blocking` and `asynchronous`.
"""

"""The Conversations API, `/v1/conversations`, and the items that a request brings along.

Not here: what a response adds to a conversation, which is its output (`responses`).
"""

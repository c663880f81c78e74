"""The Agents API, `/v1/agents`: saved agents, sessions, their turns, and what they ask for.

Not here: how a webhook about a session is signed and sent (`webhooks`).
"""

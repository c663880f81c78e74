"""The Agents API, `/v1/agents`: saved agents, sessions, their turns, and what they ask for."""

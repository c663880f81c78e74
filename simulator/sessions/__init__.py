"""The Agents API, `/v1/agents/sessions`: sessions, their turns, and what they ask for."""

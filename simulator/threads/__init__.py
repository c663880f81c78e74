"""The Assistants API, `/v1/assistants` and `/v1/threads`: assistants, threads, messages and runs."""

"""The Assistants API, `/v1/assistants` and `/v1/threads`: assistants, threads, messages and runs.

Not here: webhooks. OpenAI sends none about a thread's runs.
"""

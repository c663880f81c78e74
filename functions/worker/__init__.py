"""WorkerFunction: looks at runs and moves them.

The engine and what it acts with is here, what to do next in `core`, OpenAI in `providers`.
"""

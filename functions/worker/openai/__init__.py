"""OpenAI's APIs, in our words: an adapter for each kind of run. It reads a run's record, and writes none."""

"""OpenAI's APIs, in our words: an adapter for each kind of run. It reads a run's record, and writes none.

It is not called `openai`: `sam build --cached` takes a dependency that has the name of a folder of the source
for source, and ships the function without it.
"""

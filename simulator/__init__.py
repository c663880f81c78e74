"""A stand-in for OpenAI: a folder for each of its APIs; beside them what the model does, and what goes wrong.

Not here: anything of Runrelay's. It knows OpenAI alone.
"""

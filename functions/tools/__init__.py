"""ToolFunction: runs the calls that the model asked for, and what a tool is. It has no OpenAI key.

Not here: tools, which live in `catalog`.
"""

"""ToolFunction: runs the calls that the model asked for. It has no OpenAI key.

Here is also what a tool is. Not here: tools, which live in `catalog`.
"""

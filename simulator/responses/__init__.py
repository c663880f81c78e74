"""The Responses API, `/v1/responses`: what came before, the work, the output, and the streams of it.

Not here: its input items and conversations (`conversations`), nor what the model does (`scenarios`).
"""

"""What all of OpenAI's APIs share on the wire: bodies and limits, errors, ids, pages, functions, pieces.

Not here: any resource, nor who may enter (`gateway`).
"""

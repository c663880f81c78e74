"""What all of OpenAI's APIs have in common on the wire: bodies, errors, ids, pages, metadata, beta headers.

Not here: any resource, nor who may enter (`gateway`).
"""

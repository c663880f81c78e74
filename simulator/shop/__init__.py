"""A small outside world whose side effects are counted, `/shop`.

Not here: any part of OpenAI.
"""

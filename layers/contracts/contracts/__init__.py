"""What two functions must agree on: records and items, messages, statuses, errors, and the tool catalog.

Not here: what one function needs alone, and anything of OpenAI's.
"""

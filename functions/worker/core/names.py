"""Ids that others give: part of our keys, and given back to a provider as it gave them."""

MAX_ID_BYTES = 512
"""An id is part of a key, which DynamoDB limits to 1 KB."""

REPLACED = "\ufffd"
"""Stands where a provider wrote what no text can hold; what has it is not what the provider wrote."""

_NOT_IN_PATHS = (".", "..")


def is_usable_id(text: str) -> bool:
    """Say whether an id can be kept, be part of a path, and be given back as it came."""
    if not text or text in _NOT_IN_PATHS or REPLACED in text:
        return False
    return len(text.encode()) <= MAX_ID_BYTES

"""What a terminal is given: the words of models, tools and callers, without what would steer it."""

import re
from typing import Final

STEERING: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters, what turns the direction of writing, and halves of surrogate pairs."""


def harmless(text: str) -> str:
    """Give a text with a question mark for each character that a terminal obeys; lines and tabs stay."""
    return STEERING.sub("?", text.replace("\r\n", "\n"))

"""A text in the pieces in which a stream tells it."""

import re


def words(text: str) -> list[str]:
    """Cut a text into its words, each with the space before it."""
    return re.findall(r"\s*\S+\s*$|\s*\S+|\s+", text)

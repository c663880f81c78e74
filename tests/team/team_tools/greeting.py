"""No tool: what two of them share."""

import os


def greeted(words: str) -> str:
    return f"{os.environ['GREETING']}: {words}"

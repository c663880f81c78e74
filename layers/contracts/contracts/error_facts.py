"""What may be logged of an error: never its words, which may quote a body, an argument or a key."""

import traceback
from collections.abc import Iterator
from typing import Any

from contracts.errors import UnreadableItemError


def facts_of(error: BaseException) -> dict[str, Any]:
    """Name the class of an error, those of its causes with AWS's codes, and where it was raised.

    Of an item that cannot be read, it is told which it is, and which of its attributes.
    """
    return {
        "error": name_of(error),
        "causes": [name_of(cause) for cause in _causes(error)],
        "where": traceback.format_tb(error.__traceback__),
    }


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Give what an error came of, the last first."""
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        yield cause
        yield from _causes(cause)


def name_of(error: BaseException) -> str:
    """Name the class of an error, with AWS's code if it is AWS's, or the item that could not be read."""
    if isinstance(error, UnreadableItemError):
        return f"{type(error).__name__}: {error}"
    response = getattr(error, "response", None)  # botocore's; the SDK of OpenAI keeps no mapping there
    code = response.get("Error", {}).get("Code") if isinstance(response, dict) else None
    return " ".join(dict.fromkeys(filter(None, (type(error).__name__, code))))

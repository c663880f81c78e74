"""A provider's JSON, read as far as it goes: whatever is not of the documented shape counts as absent."""

from collections.abc import Mapping, Sequence
from typing import Any

from contracts.records import Failure

MAX_CODE = 200
MAX_MESSAGE = 10_000
"""Characters of an error: a record is 400 KB at most, and nobody reads more."""

type Object = Mapping[str, Any]


def object_in(value: Any) -> Object:  # noqa: ANN401 - any JSON
    """Take an object; anything else is an empty one."""
    return value if isinstance(value, dict) else {}


def objects_in(value: Any) -> Sequence[Object]:  # noqa: ANN401 - any JSON
    """Take a list of objects; anything else is an empty list."""
    return [object_in(item) for item in value] if isinstance(value, list) else []


def text_in(value: Any) -> str:  # noqa: ANN401 - any JSON
    """Take a string; anything else is an empty one."""
    return value if isinstance(value, str) else ""


def number_in(value: Any) -> int | None:  # noqa: ANN401 - any JSON
    """Take a whole number that is written as text."""
    text = text_in(value)
    return int(text) if text.isdecimal() else None


def failure_in(value: Any) -> Failure | None:  # noqa: ANN401 - any JSON
    """Take an error with its code and message, in the provider's words."""
    error = object_in(value)
    return failure(text_in(error.get("code")) or "unknown", text_in(error.get("message"))) if error else None


def failure(code: str, message: str) -> Failure:
    """Keep a provider's words, as far as a record has room for them."""
    return Failure(code[:MAX_CODE], message[:MAX_MESSAGE])

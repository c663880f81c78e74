"""A provider's JSON, read as far as it goes: whatever is not of the documented shape counts as absent.

What is read here is fit for everything behind it: every string can be written as UTF-8, every number as JSON,
and nothing is nested deeper than others read. So nothing deeper ever sees what a model may spell.
"""

import json
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

from contracts.outside_json import MAX_NESTING
from contracts.records import Failure

from functions.worker.core.names import REPLACED

MAX_CODE = 200
MAX_MESSAGE = 10_000
"""Characters of an error: a record is 400 KB at most, and nobody reads more."""

MAX_WORD = 200
"""Characters of a type or a status: more than any has that means something."""

MAX_NAME = 512
"""Characters of a tool's name: more than any has."""

MAX_USAGE = 10_000
"""Characters of a turn's usage as JSON; a run's record holds the sum."""

MAX_DIGITS = 40
"""Of a whole number. Python refuses to write, or to read, one of 5,000."""

MAX_TURN_DIGITS = 9
"""Of a number that is written as text, which is a turn's: DynamoDB keeps no more than 38 of any."""

type Object = Mapping[str, Any]


def read_object(content: bytes) -> Object:
    """Read an object that is fit to be kept; a proxy's page, or half an object, reads as an empty one."""
    try:
        document = json.loads(content, parse_int=_whole, parse_constant=_nothing)
    except (ValueError, RecursionError):
        return {}
    return object_in(fit(document))


def fit(value: Any, levels: int = MAX_NESTING) -> Any:  # noqa: ANN401 - any JSON
    """Make a document fit to be kept and sent: what no reader could take is replaced, or is null."""
    match value:
        case str():
            return fit_text(value)
        case float():
            return value if isfinite(value) else None
        case dict():
            return {fit_text(name): fit(each, levels - 1) for name, each in value.items()} if levels else None
        case list():
            return [fit(each, levels - 1) for each in value] if levels else None
        case _:
            return value


def fit_text(text: str) -> str:
    """Write a text so that UTF-8 has it: half a surrogate pair, which JSON can spell, is replaced."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return "".join(REPLACED if "\ud800" <= character <= "\udfff" else character for character in text)
    return text


def object_in(value: Any) -> Object:  # noqa: ANN401 - any JSON
    """Take an object; anything else is an empty one."""
    return value if isinstance(value, dict) else {}


def objects_in(value: Any) -> Sequence[Object]:  # noqa: ANN401 - any JSON
    """Take a list of objects; anything else is an empty list."""
    return [object_in(item) for item in value] if isinstance(value, list) else []


def text_in(value: Any) -> str:  # noqa: ANN401 - any JSON
    """Take a string; anything else is an empty one."""
    return value if isinstance(value, str) else ""


def word_in(value: Any) -> str:  # noqa: ANN401 - any JSON
    """Take a type or a status, as far as it can mean something."""
    return text_in(value)[:MAX_WORD]


def name_in(value: Any) -> str:  # noqa: ANN401 - any JSON
    """Take a tool's name, as far as it can be one."""
    return text_in(value)[:MAX_NAME]


def number_in(value: Any) -> int | None:  # noqa: ANN401 - any JSON
    """Take a whole number that is written as text."""
    text = text_in(value)
    return int(text) if text.isdecimal() and len(text) <= MAX_TURN_DIGITS else None


def usage_in(value: Any) -> Object | None:  # noqa: ANN401 - any JSON
    """Take a turn's usage, if there is any that a run's record has room for."""
    usage = object_in(value)
    return usage if usage and len(json.dumps(usage)) <= MAX_USAGE else None


def failure_in(value: Any) -> Failure | None:  # noqa: ANN401 - any JSON
    """Take an error with its code and message, in the provider's words."""
    error = object_in(value)
    return failure(text_in(error.get("code")) or "unknown", text_in(error.get("message"))) if error else None


def failure(code: str, message: str) -> Failure:
    """Keep a provider's words, as far as a record has room for them."""
    return Failure(fit_text(code[:MAX_CODE]), fit_text(message[:MAX_MESSAGE]))


def _whole(digits: str) -> int | None:
    return int(digits) if len(digits) <= MAX_DIGITS else None


def _nothing(_name: str) -> None:
    """Read `NaN` and `Infinity`, which JSON does not have."""

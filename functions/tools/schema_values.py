"""What stands in a strict schema beside its structure: limits, texts, and the values of enums.

Pydantic takes them as Python has them. JSON has no NaN, UTF-8 no half of a surrogate pair, and OpenAI takes
an enum only if it has values, of one type ("enum values must be of the same type", says its 400).
"""

import re
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

from functions.tools.strict_schema import NotStrictError, subschemas

_NUMBERS = frozenset(
    {
        *("exclusiveMaximum", "exclusiveMinimum", "maximum", "minimum", "multipleOf"),
        *("maxItems", "maxLength", "minItems", "minLength"),
    }
)
_HALF_A_PAIR = re.compile("[\ud800-\udfff]")
_TEXTS = frozenset({"description", "pattern"})


def check_values(schema: Mapping[str, Any]) -> None:
    """See whether all that a strict schema says can be sent, and is taken.

    Raises:
        NotStrictError: It is not.
    """
    for each in subschemas(schema):
        for keyword, value in each.items():
            _check_value(keyword, value)


def is_utf8(text: object) -> bool:
    """Say whether something is a text without half a surrogate pair."""
    return isinstance(text, str) and not _HALF_A_PAIR.search(text)


def _check_value(keyword: str, value: Any) -> None:  # noqa: ANN401 - any part of a schema
    if keyword in _NUMBERS and _type_of(value) != "number":
        raise NotStrictError(
            f"is not strict: JSON cannot say its {keyword}, {value!r}. Write an int or a float."
        )
    if keyword in _TEXTS and not is_utf8(value):
        raise NotStrictError(
            f"is not strict: its {keyword} is no text that UTF-8 can say: {value!r}. Write another."
        )
    if keyword == "const":
        _check_enum([value])
    if keyword == "enum":
        _check_enum(value)


def _check_enum(values: Sequence[Any]) -> None:
    if not isinstance(values, list) or not values:
        raise NotStrictError("is not strict: OpenAI takes no enum without values. Give it a member.")
    for value in values:
        if _type_of(value) is None:
            raise NotStrictError(
                f"is not strict: OpenAI takes no {value!r} in an enum. Take texts or numbers."
            )
    types = sorted({str(_type_of(value)) for value in values} - {"null"})
    if len(types) > 1:
        raise NotStrictError(
            f"is not strict: OpenAI takes no enum of several types: {', '.join(types)}. Take one."
        )


def _type_of(value: object) -> str | None:
    """Name the type that JSON has for a single value, if it has one."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "number"
        case float() if isfinite(value):
            return "number"
        case str() if is_utf8(value):
            return "string"
        case _:
            return None

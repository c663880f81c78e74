"""JSON from outside, taken only if whoever gets it from us can read it as well.

Every reader has limits of its own: Python's `json`, pydantic, the OpenAI SDK, EventBridge. What is taken here
is within all of them, so that nothing is kept that cannot be handled later.
"""

import json
from collections.abc import Callable, Iterable
from math import isfinite
from typing import Any

MAX_NESTING = 100

type ObjectOf = Callable[[list[tuple[str, Any]]], dict[str, Any]]


class UnreadableJsonError(ValueError):
    """What was sent cannot be taken; the message completes `the body ...`."""


def read_json(text: str, *, object_of: ObjectOf | None = None) -> Any:  # noqa: ANN401 - any JSON
    """Read a document.

    Args:
        object_of: Makes an object of its pairs, or raises a `ValueError`, if not Python's `json` shall.

    Raises:
        UnreadableJsonError: It is not JSON, or nested deeper than `MAX_NESTING`.
    """
    try:
        document = json.loads(text, parse_constant=_finite, parse_float=_finite, object_pairs_hook=object_of)
    except ValueError as error:
        raise UnreadableJsonError("is not JSON") from error
    except RecursionError as error:
        raise UnreadableJsonError(f"is nested too deeply: more than {MAX_NESTING} levels") from error
    if _is_nested_too_deeply(document):
        raise UnreadableJsonError(f"is nested too deeply: more than {MAX_NESTING} levels")
    return document


def compact(document: Any) -> str:  # noqa: ANN401 - any JSON
    """Write a document in as few bytes as JSON takes, for whoever keeps it pays for each.

    Half a surrogate pair, which UTF-8 cannot spell, is escaped, and the rest with it.
    """
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(document, separators=(",", ":"))
    return text


def _finite(number: str) -> float:
    """Refuse `NaN`, `Infinity` and `1e999`, which Python reads and JSON cannot say."""
    if not isfinite(value := float(number)):
        raise ValueError(f"{number} is not a JSON number")
    return value


def _is_nested_too_deeply(document: Any) -> bool:  # noqa: ANN401
    """Look level by level, for recursion has a limit as well."""
    level = [document]
    for _ in range(MAX_NESTING):
        level = [child for parent in level for child in _children(parent) if isinstance(child, dict | list)]
    return bool(level)


def _children(parent: Any) -> Iterable[Any]:  # noqa: ANN401
    match parent:
        case dict():
            return parent.values()
        case list():
            return parent
        case _:
            return ()

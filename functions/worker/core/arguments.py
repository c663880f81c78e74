"""What the arguments of a call say, however they are spelt."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from contracts.arguments import arguments_text

MAX_EXACT = 2**53
"""Up to here every whole number is one that JSON's readers agree on, with a point or without."""

MAX_NAMES, MAX_NAME = 5, 80
"""So many wrong names are told, and so much of each: a model may write any."""


def whole(digits: str) -> float:
    """Read a number with a point or an exponent; as a whole number, if it is one."""
    number = float(digits)
    return int(number) if abs(number) <= MAX_EXACT and number.is_integer() else number


def meaning(written: str, *, number: Callable[[str], float] = whole) -> str:
    """Write arguments in one spelling: keys in order, no spaces, `5.0` as `5`.

    A provider may show a call again in another spelling, and a model ask again in one. What is no JSON stays
    as it is.

    Args:
        number: Reads a number with a point or an exponent.
    """
    try:
        said = json.loads(arguments_text(written), parse_float=number)
        return json.dumps(said, sort_keys=True)
    except (ValueError, RecursionError):
        return written


def what_is_wrong(written: str, parameters: Mapping[str, Any]) -> str | None:
    """Say why arguments cannot be a tool's, as far as their names tell: values are its own to check.

    Args:
        parameters: The schema of an object, which takes the properties it names and no others.
    """
    try:
        said = json.loads(arguments_text(written), parse_constant=_refuse)
    except (ValueError, RecursionError):
        return "they are no JSON"
    if not isinstance(said, dict):
        return "they are no object"
    if missing := [name for name in parameters.get("required", ()) if name not in said]:
        return f"without {_names(missing)}"
    unknown = [name for name in said if name not in parameters.get("properties", {})]
    return f"it has no {_names(unknown)}" if unknown else None


def _names(names: Iterable[str]) -> str:
    return ", ".join(json.dumps(name)[:MAX_NAME] for name in list(names)[:MAX_NAMES])


def _refuse(constant: str) -> None:
    """Refuse `NaN` and the infinities, which JSON has not."""
    raise ValueError(constant)

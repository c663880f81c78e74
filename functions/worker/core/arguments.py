"""What the arguments of a call say, however they are spelt."""

import json
from collections.abc import Callable

from contracts.arguments import arguments_text

MAX_EXACT = 2**53
"""Up to here every whole number is one that JSON's readers agree on, with a point or without."""


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

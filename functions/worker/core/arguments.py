"""What the arguments of a call say, however they are spelt."""

import json

from contracts.arguments import arguments_text

MAX_EXACT = 2**53
"""Up to here every whole number is one that JSON's readers agree on, with a point or without."""


def meaning(written: str) -> str:
    """Write arguments in one spelling: keys in order, no spaces, `5.0` as `5`.

    A provider may show a call again in another spelling, and a model ask again in one. What is no JSON stays
    as it is.
    """
    try:
        said = json.loads(arguments_text(written), parse_float=_number)
        return json.dumps(said, sort_keys=True)
    except (ValueError, RecursionError):
        return written


def _number(digits: str) -> float:
    number = float(digits)
    return int(number) if abs(number) <= MAX_EXACT and number.is_integer() else number

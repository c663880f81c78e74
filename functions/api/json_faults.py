"""What keeps a text from being taken as JSON, and where it stands.

It is read token by token, however deep it is nested: who reads a document whole knows no places, or fails.
"""

import json
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from math import isfinite

from contracts.outside_json import MAX_NESTING

from functions.api.mistakes import Mistake

MAX_TOKENS = 300_000
"""About a second's work; what large bodies hold is a few long strings."""

MAX_PLACE = 3
"""Names of a place that is nested too deeply: the first few tell which field it is."""

_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{},:]|[-+.\w]++', re.DOTALL)
_OPENING = ("{", "[")
_NUMBER = re.compile(r"-?[0-9]")
_NO_NUMBERS = ("NaN", "Infinity", "-Infinity")


class DuplicateKeyError(ValueError):
    """An object has a key twice, so that readers may differ about its value."""


@dataclass(slots=True)
class _Level:
    """An object or a list that is being read: where in it, and which keys were met."""

    is_object: bool
    place: str | int = 0
    keys: set[str] = field(default_factory=set)
    awaits_key: bool = True


def object_of(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Make an object, for `json.loads`.

    Raises:
        DuplicateKeyError: It has a key twice.
    """
    made = dict(pairs)
    if len(made) != len(pairs):
        raise DuplicateKeyError
    return made


def faults(text: str) -> Iterator[Mistake]:
    """Say of each number that cannot be kept, each key that is doubled, and what is nested too deeply.

    Behind so many tokens that reading on would take long, none is found.
    """
    levels: list[_Level] = []
    for token in (match[0] for match in islice(_TOKEN.finditer(text), MAX_TOKENS)):
        if len(levels) == MAX_NESTING and token in _OPENING:
            yield _place(levels[:MAX_PLACE]), f"is nested deeper than {MAX_NESTING} levels"
            return
        if fault := _fault(levels, token):
            yield _place(levels), fault


def _place(levels: Sequence[_Level]) -> tuple[str | int, ...]:
    return tuple(level.place for level in levels)


def _fault(levels: list[_Level], token: str) -> str | None:
    """Read a token, and say what is wrong with it where it stands."""
    if token.startswith('"'):
        is_key = levels and levels[-1].is_object and levels[-1].awaits_key
        return _key_fault(levels[-1], _text(token)) if is_key else None
    _read_on(levels, token)
    return _number_fault(token)


def _read_on(levels: list[_Level], token: str) -> None:
    match token:
        case _ if token in _OPENING:
            levels.append(_Level(is_object=token == _OPENING[0]))
        case "]" | "}" if levels:
            levels.pop()
        case "," if levels and levels[-1].is_object:
            levels[-1].awaits_key = True
        case "," if levels:
            levels[-1].place = int(levels[-1].place) + 1


def _key_fault(level: _Level, key: str) -> str | None:
    level.awaits_key, level.place = False, key
    is_doubled = key in level.keys
    level.keys.add(key)
    return "stands there more than once" if is_doubled else None


def _text(token: str) -> str:
    try:
        return str(json.loads(token, strict=False))
    except ValueError:
        return token


def _number_fault(token: str) -> str | None:
    """Say why a token is no number that can be kept; none if it is one, or something else."""
    if token in _NO_NUMBERS:
        return f"{token} is no number in JSON"
    if not _NUMBER.match(token):
        return None
    digits = token.removeprefix("-")
    if digits.isdecimal():
        most = sys.get_int_max_str_digits()
        return (
            f"is an integer of {len(digits)} digits, and at most {most} are taken"
            if len(digits) > most
            else None
        )
    try:
        return (
            None
            if isfinite(float(token))
            else f"{token[:20]} is beyond what a number can hold, about 1.8e308"
        )
    except ValueError:
        return None

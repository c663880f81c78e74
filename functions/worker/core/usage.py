"""Tokens, summed over the turns of a run. What providers count changes, so nothing here is ever refused."""

import json
from collections.abc import Mapping
from math import isfinite
from numbers import Real
from typing import Any

MAX_USAGE = 20_000
"""Characters of a run's usage as JSON: it stands in the run's record, which is written often."""


def run_usage(total: Mapping[str, Any] | None, turn: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """Add a turn's counts to a run's, unless a provider counts ever more things by ever other names."""
    added = add_usage(total, turn)
    return added if len(json.dumps(added)) <= MAX_USAGE else total


def add_usage(total: Mapping[str, Any] | None, turn: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """Add a turn's counts to a run's, name by name, whatever there are; an absent one adds nothing.

    What does not add up, as a word or a mapping beside a number, is as the turn has it.
    """
    if not total or not turn:
        return total or turn
    return {name: _add(total.get(name), turn.get(name)) for name in {**total, **turn}}


def _add(one: Any, other: Any) -> Any:  # noqa: ANN401 - a count, a mapping of counts, absent, or whatever comes
    if one is None or other is None:
        return one if other is None else other
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return add_usage(one, other)
    if _is_count(one) and _is_count(other):
        return _sum(one, other)
    return other


def _sum(one: Any, other: Any) -> Any:  # noqa: ANN401 - a count
    """Add two counts, unless no number of JSON is as much: a run's record could not be read again."""
    try:
        total = one + other
    except OverflowError:  # an integer beside a float that is too small for it
        return other
    return total if isinstance(total, int) or isfinite(total) else other


def _is_count(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)

"""Tokens, summed over the turns of a run."""

from collections.abc import Mapping
from typing import Any


def add_usage(total: Mapping[str, Any] | None, turn: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """Add a turn's counts to a run's, name by name, whatever there are; an absent one adds nothing."""
    if total is None or turn is None:
        return total or turn
    return {name: _add(total.get(name), turn.get(name)) for name in {**total, **turn}}


def _add(one: Any, other: Any) -> Any:  # noqa: ANN401 - a count, a mapping of counts, or absent
    if isinstance(one, Mapping) or isinstance(other, Mapping):
        return add_usage(one, other)
    return (one or 0) + (other or 0)

"""The parts of a run that its picture can show, by links."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

MOST_TURNS_IN_FULL: Final = 6
"""Of more, only the first link says `Turn`: forty such words would be four lines."""


@dataclass(frozen=True, slots=True)
class Zoom:
    """A part of the run that can be looked at.

    Attributes:
        words: What its link says, among the others.
        label: What it says by itself.
    """

    name: str
    words: str
    label: str
    is_chosen: bool


def zooms(names: Sequence[str], chosen: str) -> tuple[Zoom, ...]:
    """Give the links, in the order of the names of what can be seen."""
    fixed = {"work": "Waits drawn short", "whole": "True to scale"}
    labels = {name: fixed.get(name, name.replace("-", " ").capitalize()) for name in names}
    turns = [name for name in names if name not in fixed]
    short = turns[1:] if len(turns) > MOST_TURNS_IN_FULL else []
    return tuple(
        Zoom(name, name.removeprefix("turn-") if name in short else label, label, name == chosen)
        for name, label in labels.items()
    )

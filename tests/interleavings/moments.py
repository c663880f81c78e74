"""Moments of a run, and what may come in them; each has a name by which it can be had again."""

import re
from dataclasses import dataclass
from enum import StrEnum

from tests.interleavings.watched import Side


class Verb(StrEnum):
    """What may come. Webhooks and messages have numbers, from 0 in the order of sending."""

    TIME = "time passes"
    ELSE = "everything else goes on"
    TURN = "all goes on to the next turn"
    SWEEP = "a sweep"
    CANCEL = "a cancel"
    APPROVE = "an approval"
    DENY = "a denial"
    OUTPUT = "an output"
    WEBHOOK = "webhook"
    MESSAGE = "message"


ABOUT_A_CALL = (Verb.APPROVE, Verb.DENY, Verb.OUTPUT)
WRITTEN = re.compile(r"(before|after) request (\d+), (?:after (\d+) s, )?(\D+?)(?: (\d+))?")


@dataclass(frozen=True)
class Thing:
    """One thing that may come.

    Attributes:
        number: Of a webhook or a message; a message may be one that was handled already.
    """

    verb: Verb
    number: int | None = None

    def __str__(self) -> str:
        return self.verb if self.number is None else f"{self.verb} {self.number}"


@dataclass(frozen=True)
class Moment:
    """One thing that comes while a request is under way.

    Attributes:
        request: Its number, counted from 1 since the run began.
        side: Whether it was applied by then.
        seconds: How many pass before the thing comes.
    """

    request: int
    side: Side
    seconds: int
    thing: Thing

    def __str__(self) -> str:
        passed = f"after {self.seconds} s, " if self.seconds else ""
        return f"{self.side} request {self.request}, {passed}{self.thing}"


def read(written: str) -> tuple[Moment, ...]:
    """Read moments as `str` writes them, joined by ` & `."""
    return tuple(_read(each) for each in written.split(" & "))


def _read(written: str) -> Moment:
    found = WRITTEN.fullmatch(written.strip())
    if found is None:
        raise ValueError(f"no moment: {written}")
    side, request, seconds, verb, number = found.groups()
    thing = Thing(Verb(verb), None if number is None else int(number))
    return Moment(int(request), "before" if side == "before" else "after", int(seconds or 0), thing)

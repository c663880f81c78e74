"""Whether everything is there, once: what a soak is checked for. Facts in, sentences out."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, Final

from contracts.status import Kind

from tests.soak.drive import Driven
from tests.soak.plan import Json

EFFECT_OF: Final = {"refund_order": "refund", "send_email": "email"}
"""Tool -> what the shop's ledger calls its effect."""


type Lost = Callable[[datetime, datetime], float]


def no_time(_begin: datetime, _end: datetime) -> float:
    """Take none of a gap for the machine's."""
    return 0.0


@dataclass(frozen=True, slots=True)
class Letter:
    """A message in a dead-letter queue.

    Attributes:
        run_id: The run it is about, as far as its body says.
    """

    queue: str
    about: str
    run_id: str | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was there at the end.

    Attributes:
        left: How many messages the queues still held.
        allowed_seconds: How long a run may have stood still, by its kind.
        lost_seconds: How much time the machine itself took between two moments.
    """

    runs: Sequence[Driven]
    ledger: Sequence[Json]
    letters: Sequence[Letter]
    left: int
    allowed_seconds: Mapping[Kind, int]
    lost_seconds: Lost = no_time


def violations(seen: Evidence) -> Iterator[str]:
    """Say what is not as it must be, a sentence each."""
    effects = Counter((entry["effect"], entry["run_id"], entry["call_id"]) for entry in seen.ledger)
    for driven in seen.runs:
        yield from _of_run(driven)
        for call in driven.run["calls"]:
            yield from _of_call(driven, call, effects)
        kind, still = driven.planned.kind, longest_stand_still(driven, seen.lost_seconds)
        if still > seen.allowed_seconds[kind]:
            yield f"{driven.run_id} ({kind}) stood still for {still:.0f} s of ours."
    yield from _of_the_shop(seen)
    yield from (
        f"Unexplained dead letter: {letter.about}."
        for letter in seen.letters
        if not is_explained(letter, seen)
    )
    if seen.left:
        yield f"Messages left in the queues: {seen.left}."


def _of_run(driven: Driven) -> Iterator[str]:
    planned, run = driven.planned, driven.run
    if not driven.is_over:
        yield f"{driven.run_id} ({planned.kind}, {planned.shape}) never ended: it is {run['status']}."
    elif run["status"] != planned.status:
        error = run["error"] or {}
        yield (
            f"{driven.run_id} ({planned.kind}, {planned.shape}) ended {run['status']} and its model "
            f"{planned.status}: {error.get('code')}: {error.get('message')}"
        )


def _of_call(driven: Driven, call: Json, effects: Counter[tuple[Any, ...]]) -> Iterator[str]:
    """Hold a call's outcome against what the shop saw of it."""
    effect = EFFECT_OF.get(call["name"])
    if effect is None:
        return
    count = effects[effect, driven.run_id, call["call_id"]]
    least, most = {"succeeded": (1, 1), "denied": (0, 0)}.get(call["outcome"], (0, 1))
    if not least <= count <= most:
        what = f"{call['name']} {call['call_id']} of {driven.run_id}"
        yield f"{what} is {call['outcome']}, and took effect {count} times."


def _of_the_shop(seen: Evidence) -> Iterator[str]:
    """Count effects by what the model meant, whatever run and call they say they come from."""
    meant = Counter(
        (entry["effect"], entry["to"] if entry["effect"] == "email" else entry["order_id"])
        for entry in seen.ledger
    )
    yield from (
        f"{effect} {about} happened {count} times." for (effect, about), count in meant.items() if count > 1
    )
    known = {driven.run_id for driven in seen.runs}
    yield from (f"{each['effect']} of an unknown run." for each in seen.ledger if each["run_id"] not in known)


def is_explained(letter: Letter, seen: Evidence) -> bool:
    """Say whether nothing was lost with a dead letter: it is about a run that is over."""
    return any(driven.run_id == letter.run_id and driven.is_over for driven in seen.runs)


def longest_stand_still(driven: Driven, lost_seconds: Lost = no_time) -> float:
    """Measure the longest time in which nothing happened to a run; the model's own time is in it.

    Args:
        lost_seconds: How much of it was the machine's, which had no time for anything.
    """
    moments = [datetime.fromisoformat(event["at"]) for event in driven.events]
    gaps = (
        (later - begin).total_seconds() - lost_seconds(begin, later) for begin, later in pairwise(moments)
    )
    return max(gaps, default=0.0)

"""Dead letters: what redriving each would do, first; then redriving those that were chosen."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Final

from contracts import instant

from runrelay.console.view import Seen
from runrelay.dlq.command import reached
from runrelay.dlq.holding import Holding, NotDeletedError, NotSentError
from runrelay.dlq.letter import Letter, describe
from runrelay.dlq.plan import HeldBack, Plan, plan
from runrelay.dlq.table import NotReadError
from runrelay.dlq.target import Target
from runrelay.reach import Where

PATIENCE_SECONDS: Final = 20
"""How long letters are received: a person waits for the page."""

REDRIVEN: Final = "redriven"

WHY_HELD_BACK: Final[dict[HeldBack, str]] = {
    "unreadable": "This version cannot read it: it would fail again.",
    "ended": "Its tool would run after its run ended.",
}


@dataclass(frozen=True, slots=True)
class Planned:
    """A letter, and what redriving it would do.

    Attributes:
        trouble: Why that cannot be said.
        came_to: What was done with it.
    """

    letter: Letter
    about: str
    plan: Plan | None
    trouble: str = ""
    came_to: str = ""

    @property
    def held_back(self) -> HeldBack | None:
        return self.plan.held_back if self.plan else None

    @property
    def is_redriven(self) -> bool:
        return self.came_to.startswith(REDRIVEN)


@dataclass(frozen=True, slots=True)
class Letters:
    """What was found in both queues; `is_whole`, whether all was seen."""

    planned: tuple[Planned, ...]
    is_whole: bool


def look(where: Where) -> Letters:
    """Plan each letter, and leave it where it is.

    Raises:
        CommandError: Nothing can be reached, or not by these credentials.
    """
    with reached(where) as target:
        return _treat(target, redriven=frozenset(), held_back=frozenset())


def redrive(where: Where, message_ids: Collection[str], held_back: Collection[str]) -> Letters:
    """Redrive the letters that are named; of those held back, only those of the kinds that are named.

    Raises:
        CommandError: As `look`.
    """
    with reached(where) as target:
        return _treat(target, redriven=frozenset(message_ids), held_back=frozenset(held_back))


def _treat(target: Target, *, redriven: frozenset[str], held_back: frozenset[str]) -> Letters:
    found, is_whole = [], True
    for queue in target.queues:
        with Holding(target.sqs, queue, patience_seconds=PATIENCE_SECONDS) as holding:
            for letter in holding.letters():
                planned = _plan(target, letter)
                is_meant = letter.message_id in redriven
                found.append(_redrive(holding, planned, held_back) if is_meant else planned)
        is_whole &= holding.is_whole
    return Letters(tuple(found), is_whole)


def _plan(target: Target, letter: Letter) -> Planned:
    about = describe(letter.message)
    try:
        known = target.table.known(letter.message)
    except NotReadError as error:
        return Planned(letter, about, None, trouble=str(error))
    return Planned(letter, about, plan(letter.message, known, instant.now()))


def _redrive(holding: Holding, planned: Planned, held_back: Collection[str]) -> Planned:
    return replace(planned, came_to=_outcome(holding, planned, held_back))


def _outcome(holding: Holding, planned: Planned, held_back: Collection[str]) -> str:
    if planned.plan is None:
        return f"not redriven: {planned.trouble}"
    if planned.held_back and planned.held_back not in held_back:
        return "held back"
    try:
        holding.redrive(planned.letter)
    except NotSentError as error:
        return f"not redriven: {error}"
    except NotDeletedError as error:
        return f"{REDRIVEN}, and still a dead letter: {error}. Redriving it again does no harm."
    return REDRIVEN


def seen(letters: Letters, *, is_done: bool) -> Seen:
    """Make the page of them."""
    return Seen({"letters": letters, "is_done": is_done, "why_held_back": WHY_HELD_BACK}, None)

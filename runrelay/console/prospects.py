"""What happens next to a run, who does it, and by when: docs/states.md, for one run."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from runrelay.client.models import Call, Run


@dataclass(frozen=True, slots=True)
class Prospect:
    """One thing that is to come.

    Attributes:
        who: Its owner.
        does: What is waited for.
        by: Until then.
        otherwise: What happens then.
        is_for_people: Whether somebody has to do something.
    """

    who: str
    does: str
    by: datetime | None = None
    otherwise: str = ""
    is_for_people: bool = False


_ENDS: Final = ("completed", "incomplete", "failed", "cancelled", "expired", "lost")

EXITS: Final[Mapping[tuple[str, str], tuple[str, ...]]] = {
    ("response", "queued"): ("in_progress", "failed", "cancelled", "expired"),
    ("response", "in_progress"): ("queued", "requires_action", "cancelling", *_ENDS),
    ("response", "requires_action"): ("in_progress", "failed", "cancelled", "expired"),
    ("response", "cancelling"): _ENDS,
    ("session", "queued"): ("in_progress", "failed", "cancelled", "expired"),
    ("session", "in_progress"): ("requires_action", "cancelling", *_ENDS),
    ("session", "requires_action"): ("in_progress", "cancelling", *_ENDS),
    ("session", "cancelling"): ("completed", "failed", "cancelled", "expired", "lost"),
    ("thread", "queued"): ("in_progress", "failed", "cancelled", "expired"),
    ("thread", "in_progress"): ("requires_action", "cancelling", *_ENDS),
    ("thread", "requires_action"): ("in_progress", "cancelling", "failed", "cancelled", "expired", "lost"),
    ("thread", "cancelling"): _ENDS,
}
"""Kind and status -> what the next status may be, as docs/states.md has it."""

CALL_OWNERS: Final[Mapping[tuple[str, str], str]] = {
    ("pending", "tools"): "ToolFunction",
    ("pending", "external"): "somebody outside",
    ("awaiting_decision", "tools"): "a person",
    ("awaiting_decision", "external"): "a person",
    ("running", "tools"): "ToolFunction",
}
"""Outcome and executor of a call that is open -> who moves it on."""

AFTER_DEATH: Final = {
    "pure": "it is run again",
    "keyed": "it is run again, with the same idempotency key",
    "verify": "its verify function is asked first",
}


def exits(run: Run) -> tuple[str, ...]:
    """Give the statuses that a run may have next."""
    return EXITS.get((run.kind, run.status), ())


def prospects(run: Run) -> Iterator[Prospect]:
    """Say what is to come, the nearest first; nothing of a run that is over."""
    if run.is_over:
        return
    match run.status:
        case "queued":
            turn = run.turn + 1
            yield Prospect(
                "WorkerFunction", f"submits turn {turn}", run.due_at, "a check has it looked at again"
            )
        case "in_progress":
            yield _of_turn(run)
        case "requires_action":
            yield from _of_calls(run)
        case "cancelling":
            yield Prospect("OpenAI", f"cancels turn {run.turn}", run.due_at, "it is asked to cancel again")
        case _:
            yield Prospect("WorkerFunction", "looks at the run", run.due_at)
    yield Prospect(
        "the deadline",
        "ends the run at the latest",
        run.deadline,
        "its turn is cancelled, and it ends expired",
    )


def _of_turn(run: Run) -> Prospect:
    if run.kind == "thread":
        return Prospect(
            "the provider", f"ends turn {run.turn}", run.due_at, "it is asked again how it stands"
        )
    told = f"ends turn {run.turn}, and its webhook tells of it"
    return Prospect("OpenAI", told, run.due_at, "a check looks, in case the webhook was lost")


def _of_calls(run: Run) -> Iterator[Prospect]:
    of_turn = [call for call in run.calls if call.turn == run.turn]
    still_open = [each for each in map(_of_call, of_turn) if each]
    yield from still_open
    if not still_open:
        does = f"submits the outputs as turn {run.turn + 1}"
        yield Prospect("WorkerFunction", does, run.due_at, "a check has it looked at again")


def _of_call(call: Call) -> Prospect | None:
    who = CALL_OWNERS.get((call.outcome, call.executor), "WorkerFunction")
    match call.outcome:
        case "awaiting_decision":
            does, otherwise = f"decides {call.name}", "it is denied, and the model is told"
            return Prospect(who, does, call.wait_until, otherwise, is_for_people=True)
        case "pending" if call.awaits_output:
            does, otherwise = f"gives the output of {call.name}", "it has failed, and the model is told"
            return Prospect(who, does, call.wait_until, otherwise, is_for_people=True)
        case "pending" if call.same_as is not None:
            return Prospect("WorkerFunction", f"has {call.name} share what came of the same call before")
        case "pending":
            return Prospect(who, f"runs {call.name}", None, "it is put on its queue again")
        case "running":
            after = AFTER_DEATH.get(call.effect, "it is not run again: its outcome is unknown")
            return Prospect(who, f"ends {call.name}", None, f"if it dies, {after}")
        case _:
            return None

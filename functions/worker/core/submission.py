"""Whether a run's next turn may be submitted: not while somebody is at it."""

from datetime import datetime
from math import ceil

from contracts.records import Call, Run

from functions.worker.core.observation import Woken
from functions.worker.core.steps import LookAgain, Rest, Step, SubmitTurn


def submit(run: Run, calls: tuple[Call, ...], woken: Woken, now: datetime) -> Step:
    """Submit the next turn, unless somebody is at it.

    Whoever holds the submission has a message of its own on the queue, which comes back if it dies. So only a
    check, or a message that came back itself, sees to it that somebody looks when the lease has run out.
    """
    if run.submitting_until is None or run.submitting_until <= now:
        return SubmitTurn(run.turn + 1, calls)
    if woken.by == "check" or woken.is_redelivery:
        return await_submission(run, woken, now)
    return Rest("the turn is being submitted")


def await_submission(run: Run, woken: Woken, now: datetime) -> Step:
    """Look again when a submission counts as lost; its webhook may come first."""
    return LookAgain(seconds_left(run, now), woken.attempt, "the turn is being submitted")


def seconds_left(run: Run, now: datetime) -> int:
    """Count the seconds until a submission counts as lost; one at least."""
    left = (run.submitting_until - now).total_seconds() if run.submitting_until else 0
    return max(1, ceil(left))


def lives_on(run: Run) -> bool:
    """Say whether the provider's side of a run outlives a turn, and waits there for what the turn asked."""
    return run.kind in ("session", "thread") and run.turn > 0

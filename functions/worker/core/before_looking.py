"""What to look at, and whether at all: before anything was seen but the run's record."""

from datetime import datetime, timedelta

from contracts.records import Failure, Run

from functions.worker.core import first_idle
from functions.worker.core.observation import Woken
from functions.worker.core.steps import (
    CANCELLED,
    CancelTurn,
    CheckOnTime,
    EndRun,
    LookAtCalls,
    LookAtTurn,
    Rest,
    Step,
)
from functions.worker.core.submission import await_submission, lives_on, submit

CLOCK_SKEW = timedelta(seconds=5)
"""How far the clocks of two functions may differ, for a check that arrives on time to count as due.

After a short wait half of it: else every duplicate of a check would count as the next one.
"""

_ABOUT_CALLS = ("call_ended", "decision_needed", "decided")


def step(run: Run, woken: Woken, now: datetime) -> Step:
    """Decide what to look at."""
    if now >= run.deadline_at:
        may_be_at_work = run.status in ("in_progress", "cancelling") or lives_on(run)
        error = Failure("deadline", "The run passed its deadline.")
        return EndRun("expired", error, None, stops_turn=may_be_at_work)
    if (woken.by == "cancel" or run.cancel_requested_at) and run.status != "cancelling":
        return _cancel(run, woken, now)
    if woken.about is not None and woken.about != run.provider_id:
        return Rest("the webhook is about an earlier turn")
    if woken.by == "check" and not is_due(run, now):
        return Rest("the run has moved and is not due")
    if woken.by == "check" and run.check_of_turn is not None and run.status == "in_progress":
        return CheckOnTime()
    return first_idle.step(run, woken) or _by_status(run, woken, now)


def is_due(run: Run, now: datetime) -> bool:
    """Say whether a check of a run that comes now is the one that was planned."""
    if run.due_at is None:
        return True
    return run.due_at - min(CLOCK_SKEW, (run.due_at - run.updated_at) / 2) <= now


def _by_status(run: Run, woken: Woken, now: datetime) -> Step:
    match run.status:
        case "requires_action":
            return LookAtTurn() if woken.by == "webhook" and lives_on(run) else LookAtCalls()
        case _ if woken.by == "announce":
            return Rest("no call waits for somebody")
        case "queued":
            return submit(run, (), woken, now)
        case "cancelling" if woken.by in ("check", "cancel"):
            return CancelTurn()
        case _ if woken.by == "created" or woken.by in _ABOUT_CALLS:
            return Rest("the turn it was for has begun")
        case _:
            return LookAtTurn()


def _cancel(run: Run, woken: Woken, now: datetime) -> Step:
    """Stop a run: at the provider, if it may be at work there.

    A turn that is being submitted is cancelled by whoever submits it. Should they die, or never hear of it,
    somebody looks again when the lease has run out.
    """
    if run.status == "in_progress" or lives_on(run):
        return CancelTurn()
    if run.submitting_until is not None and run.submitting_until > now:
        is_seen_to = woken.by == "check" and run.due_at is not None and run.due_at > now
        if is_seen_to or woken.by not in ("check", "cancel"):
            return Rest("the turn is being submitted")
        return await_submission(run, woken, now)
    return EndRun("cancelled", CANCELLED, None)

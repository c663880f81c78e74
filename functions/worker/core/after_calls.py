"""What the records of a turn's calls mean: close them, run them, wait for them, or answer."""

from datetime import datetime

from contracts.records import Call, Run

from functions.worker.core.calls import closed_calls
from functions.worker.core.observation import CallsSeen, Woken
from functions.worker.core.steps import CloseCalls, HandOutCalls, Rest, Step
from functions.worker.core.submission import submit

_ABOUT_OTHERS = ("call_ended", "decision_needed", "announce")
"""Why somebody looks, when the calls that are to be run have been handed out already."""


def step(run: Run, seen: CallsSeen, woken: Woken, now: datetime) -> Step:
    """Decide what the calls of the current turn need."""
    if closed := closed_calls(seen.calls, now):
        return CloseCalls(closed, seen.calls)
    if not any(call.is_open for call in seen.calls):
        return submit(run, seen.calls, woken, now)
    runnable = tuple(call for call in seen.calls if _is_to_be_run(call, woken, now))
    waiting = tuple(call for call in seen.calls if _is_to_be_told(call, woken))
    return HandOutCalls(runnable, waiting) if runnable or waiting else Rest("calls are at work")


def _is_to_be_told(call: Call, woken: Woken) -> bool:
    """Say whether the world is told that a call waits for somebody; again, if whoever did may have died.

    One that was approved and is run elsewhere has only then begun to wait for its output.
    """
    if woken.by == "decision_needed":
        return call.outcome == "awaiting_decision"
    is_waiting = call.is_open and call.wait_until is not None
    is_new = woken.by == "decided" and call.decision == "approved"
    return is_waiting and (is_new or woken.by == "announce" or woken.is_redelivery)


def _is_to_be_run(call: Call, woken: Woken, now: datetime) -> bool:
    """Say whether a call is for the tool function; a check brings back one whose owner must have died."""
    is_for_others = woken.by in _ABOUT_OTHERS and not woken.is_redelivery
    if is_for_others or call.executor != "tools" or call.same_as is not None:
        return False
    is_abandoned = call.outcome == "running" and call.lease_until is not None and call.lease_until < now
    return call.outcome == "pending" or (is_abandoned and woken.by == "check")

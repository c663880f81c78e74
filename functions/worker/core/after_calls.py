"""What the records of a turn's calls mean: close them, run them, wait for them, or answer."""

from datetime import datetime

from contracts.records import Call, Run

from functions.worker.core.calls import closed_calls
from functions.worker.core.observation import CallsSeen, Woken
from functions.worker.core.steps import AskPerson, CloseCalls, QueueCalls, Rest, Step
from functions.worker.core.submission import submit


def step(run: Run, seen: CallsSeen, woken: Woken, now: datetime) -> Step:
    """Decide what the calls of the current turn need."""
    if closed := closed_calls(seen.calls, now):
        return CloseCalls(closed, seen.calls)
    if not any(call.is_open for call in seen.calls):
        return submit(run, seen.calls, woken, now)
    if woken.by == "decision_needed":
        return AskPerson(tuple(call for call in seen.calls if call.outcome == "awaiting_decision"))
    runnable = tuple(call for call in seen.calls if _is_to_be_run(call, woken, now))
    if runnable and (woken.by != "call_ended" or woken.is_redelivery):
        return QueueCalls(runnable)
    return Rest("calls are at work")


def _is_to_be_run(call: Call, woken: Woken, now: datetime) -> bool:
    """Say whether a call is for the tool function; a check brings back one whose owner must have died."""
    if call.executor != "tools" or call.same_as is not None:
        return False
    is_abandoned = call.outcome == "running" and call.lease_until is not None and call.lease_until < now
    return call.outcome == "pending" or (is_abandoned and woken.by == "check")

"""What becomes of calls that nobody runs: they waited too long, repeat another, or their run is over."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from contracts.records import RUN_OVER, Call, Failure

from functions.worker.core.observation import RequestedCall

POLICY: Mapping[str, str] = {"type": "policy"}
"""Who decided where no person did: a parameter of the template, or the time that was given for it."""

NOBODY_DECIDED = Failure("decision_expired", "Nobody decided on this call in time, so it was denied.")
NOBODY_ANSWERED = Failure("output_expired", "Nobody gave the output of this call in time.")
STILL_UNKNOWN = Failure("outcome_unknown", "This call was begun; it may or may not have taken effect.")


def waiting_until(calls: Iterable[Call]) -> datetime | None:
    """Give the first moment at which a call has waited long enough for somebody."""
    moments = [call.wait_until for call in calls if call.is_open and call.wait_until is not None]
    return min(moments, default=None)


def closed_calls(calls: tuple[Call, ...], now: datetime) -> tuple[Call, ...]:
    """Close the calls that have waited long enough, or share the outcome of one that is over."""
    late = (_expired(call, now) for call in calls if _is_late(call, now))
    by_key = {f"{call.turn:05}#{call.call_id}": call for call in calls}
    shared = (
        share(call, by_key[call.same_as], now)
        for call in calls
        if call.is_open and call.same_as in by_key and not by_key[call.same_as].is_open
    )
    return (*late, *shared)


def share(call: Call, earlier: Call, now: datetime) -> Call:
    """Give a call the outcome of an earlier one, which is over."""
    return replace(
        call,
        outcome=earlier.outcome,
        output=earlier.output,
        output_type=earlier.output_type,
        error=earlier.error,
        ended_at=now,
    )


def is_named_alike(call: Call, asked: RequestedCall) -> bool:
    """Say whether what is asked for may be this call, as far as names tell; either may lack its turn's."""
    turns = {call.provider_turn_id, asked.provider_turn_id} - {None}
    return len(turns) <= 1 and (call.call_id, call.name) == (asked.call_id, asked.name)


def withdrawn(call: Call, now: datetime) -> Call:
    """Close a call that nobody runs, for its run is over; one whose outcome was in question stays unknown.

    A person may have approved running it again: its error is gone then, and that it was begun is not.
    """
    if call.error is not None or call.attempts > 0:
        return replace(call, outcome="unknown", error=STILL_UNKNOWN, ended_at=now)
    return replace(call, outcome="denied", error=RUN_OVER, ended_at=now)


def _is_late(call: Call, now: datetime) -> bool:
    is_waiting = call.outcome == "awaiting_decision" or (
        call.outcome == "pending" and call.executor == "external"
    )
    return is_waiting and call.wait_until is not None and call.wait_until <= now


def _expired(call: Call, now: datetime) -> Call:
    """Close a call that nobody decided or answered; one whose outcome was in question stays unknown."""
    if call.outcome == "pending":
        return replace(call, outcome="failed", error=NOBODY_ANSWERED, ended_at=now)
    if call.error is not None:
        return replace(call, outcome="unknown", error=STILL_UNKNOWN, ended_at=now)
    denied = replace(call, decision="denied", decided_at=now, decided_by=POLICY)
    return replace(denied, outcome="denied", error=NOBODY_DECIDED, ended_at=now)

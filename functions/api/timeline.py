"""What happened to a run, read out of its records."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from contracts import instant
from contracts.records import Call, Failure, Turn
from contracts.run_records import Listed, RunRecords, UnreadableRun
from contracts.values import NOT_READ

from functions.api.models import Timeline, TimelineEntry
from functions.api.room import MAX_ANSWER_BYTES, newest_that_fit
from functions.api.views import unreadable_item

type Moment = tuple[datetime | None, str, Mapping[str, Any]]


def timeline(records: RunRecords) -> Timeline:
    """Put everything that happened to a run in order, or the latest of it that there is room for.

    What has the same millisecond stays in the order in which a run goes through it.
    """
    moments: list[Moment] = [
        *_beginning(records.run),
        *(moment for turn in records.turns for moment in _turn(turn)),
        *_retried_turns(records),
        *_current_turn(records),
        *(moment for call in records.calls for moment in _call(call)),
        *((event.at, event.type, event.facts) for event in records.events),
        *_ending(records.run),
    ]
    entries = [
        TimelineEntry.model_validate({**facts, "at": instant.to_text(at), "type": name})
        for at, name, facts in moments
        if at is not None
    ]
    entries.sort(key=lambda entry: entry.at)
    told = newest_that_fit(entries, MAX_ANSWER_BYTES)
    return Timeline(
        run_id=records.run_id,
        events=told,
        events_left_out=len(entries) - len(told),
        unreadable=[*map(unreadable_item, records.unreadable)],
    )


def _beginning(run: Listed) -> Iterator[Moment]:
    if isinstance(run, UnreadableRun):
        known = run.item.known
        yield known.get("created_at"), "run_created", _present({"kind": run.kind})
        yield known.get("cancel_requested_at"), "cancel_requested", {}
    else:
        yield run.created_at, "run_created", {"kind": run.kind}
        by = _present({"requested_by": run.cancel_requested_by})
        yield run.cancel_requested_at, "cancel_requested", by


def _turn(turn: Turn) -> Iterator[Moment]:
    facts = {"turn": turn.turn, "provider_id": turn.provider_id}
    yield turn.started_at, "turn_started", facts
    ending = {"status": turn.status, "woken_by": turn.woken_by, "usage": turn.usage}
    yield turn.ended_at, "turn_ended", {**facts, **_present(ending)}


def _retried_turns(records: RunRecords) -> Sequence[Moment]:
    """Tell of the turns that were begun again; what is no such turn is named."""
    if isinstance(records.run, UnreadableRun):
        return []
    retried = records.run.retried_turns or {}
    try:
        return [moment for each in retried.items() for moment in _retried(*each)]
    except NOT_READ:
        records.refuse(records.run, "retried_turns")
        return []


def _retried(provider_id: str, failed: Mapping[str, Any]) -> Iterator[Moment]:
    facts = {"turn": failed["turn"], "provider_id": provider_id}
    yield instant.from_text(failed["started_at"]), "turn_started", facts
    yield instant.from_text(failed["at"]), "turn_retried", {**facts, "code": failed["code"]}


def _current_turn(records: RunRecords) -> Iterator[Moment]:
    """Tell of a turn that has begun and has no record yet; a run that expires never writes one."""
    run = records.run
    if isinstance(run, UnreadableRun):
        return
    if run.turn and all(turn.turn != run.turn for turn in records.turns):
        yield run.turn_started_at, "turn_started", {"turn": run.turn, "provider_id": run.provider_id}


def _call(call: Call) -> Iterator[Moment]:
    facts = {"turn": call.turn, "call_id": call.call_id, "name": call.name}
    yield call.created_at, "call_requested", facts
    yield _asked_at(call), "decision_asked", facts
    decision = {"decision": call.decision, "reason": call.decision_reason, "decided_by": call.decided_by}
    yield call.decided_at, "call_decided", {**facts, **_present(decision)}
    yield call.started_at, "call_started", {**facts, "attempt": call.attempts}
    outcome = {"outcome": call.outcome, **_failure(call.error)}
    more = {"detail": call.detail or None, "answered_by": call.answered_by}
    yield call.ended_at, "call_ended", {**facts, **outcome, **_present(more)}


def _asked_at(call: Call) -> datetime | None:
    """Say when a person was asked; `None` if nobody was, as when policy decided at once.

    Records of older versions do not say it themselves.
    """
    if call.asked_at is not None:
        return call.asked_at
    is_asked = call.outcome == "awaiting_decision" or call.decided_at not in (None, call.created_at)
    return call.created_at if is_asked else None


def _present(facts: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: value for name, value in facts.items() if value is not None}


def _ending(run: Listed) -> Iterator[Moment]:
    if isinstance(run, UnreadableRun):
        yield run.item.known.get("ended_at"), "run_ended", _present({"status": run.status})
    else:
        yield run.ended_at, "run_ended", {"status": run.status, **_failure(run.error)}


def _failure(error: Failure | None) -> Mapping[str, str]:
    return {"code": error.code, "message": error.message} if error else {}

"""What happened to a run, read out of its records."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from contracts import instant
from contracts.records import Call, Run, Turn
from contracts.run_records import RunRecords

from functions.api.models import Timeline, TimelineEntry
from functions.api.room import MAX_ANSWER_BYTES, newest_that_fit

type Moment = tuple[datetime | None, str, Mapping[str, Any]]


def timeline(records: RunRecords) -> Timeline:
    """Put everything that happened to a run in order, or the latest of it that there is room for.

    What has the same millisecond stays in the order in which a run goes through it.
    """
    moments: list[Moment] = [
        (records.run.created_at, "run_created", {"kind": records.run.kind}),
        *(moment for turn in records.turns for moment in _turn(turn)),
        *(moment for retried in (records.run.retried_turns or {}).items() for moment in _retried(*retried)),
        *_current_turn(records),
        *(moment for call in records.calls for moment in _call(call)),
        *((event.at, event.type, event.facts) for event in records.events),
        (records.run.ended_at, "run_ended", _ending(records.run)),
    ]
    entries = [
        TimelineEntry.model_validate({**facts, "at": instant.to_text(at), "type": name})
        for at, name, facts in moments
        if at is not None
    ]
    entries.sort(key=lambda entry: entry.at)
    told = newest_that_fit(entries, MAX_ANSWER_BYTES)
    return Timeline(run_id=records.run.run_id, events=told, events_left_out=len(entries) - len(told))


def _turn(turn: Turn) -> Iterator[Moment]:
    facts = {"turn": turn.turn, "provider_id": turn.provider_id}
    yield turn.started_at, "turn_started", facts
    yield turn.ended_at, "turn_ended", {**facts, "status": turn.status, "woken_by": turn.woken_by}


def _retried(provider_id: str, failed: Mapping[str, Any]) -> Iterator[Moment]:
    facts = {"turn": failed["turn"], "provider_id": provider_id}
    yield instant.from_text(failed["started_at"]), "turn_started", facts
    yield instant.from_text(failed["at"]), "turn_retried", {**facts, "code": failed["code"]}


def _current_turn(records: RunRecords) -> Iterator[Moment]:
    """Tell of a turn that has begun and has no record yet; a run that expires never writes one."""
    run = records.run
    if run.turn and all(turn.turn != run.turn for turn in records.turns):
        yield run.turn_started_at, "turn_started", {"turn": run.turn, "provider_id": run.provider_id}


def _call(call: Call) -> Iterator[Moment]:
    facts = {"turn": call.turn, "call_id": call.call_id, "name": call.name}
    yield call.created_at, "call_requested", facts
    yield _asked_at(call), "decision_asked", facts
    decision = {"decision": call.decision, "reason": call.decision_reason}
    yield call.decided_at, "call_decided", {**facts, **_present(decision)}
    yield call.started_at, "call_started", {**facts, "attempt": call.attempts}
    outcome: dict[str, str] = {"outcome": call.outcome}
    if call.error:
        outcome |= {"code": call.error.code, "message": call.error.message}
    if call.detail:
        outcome |= {"detail": call.detail}
    yield call.ended_at, "call_ended", {**facts, **outcome}


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


def _ending(run: Run) -> dict[str, Any]:
    error = {"code": run.error.code, "message": run.error.message} if run.error else {}
    return {"status": run.status, **error}

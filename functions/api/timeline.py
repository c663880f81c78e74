"""What happened to a run, read out of its records."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from runrelay import instant
from runrelay.records import Call, Run, Turn

from functions.api.models import Timeline, TimelineEntry
from functions.api.views import RunRecords

type Moment = tuple[datetime | None, str, Mapping[str, Any]]


def timeline(records: RunRecords) -> Timeline:
    """Put everything that happened to a run in order.

    What has the same millisecond stays in the order in which a run goes through it.
    """
    moments: list[Moment] = [
        (records.run.created_at, "run_created", {"kind": records.run.kind}),
        *(moment for turn in records.turns for moment in _turn(turn)),
        *_current_turn(records.run),
        *(moment for call in records.calls for moment in _call(call)),
        *((event.at, event.type, event.facts) for event in records.events),
        (records.run.ended_at, "run_ended", _ending(records.run)),
    ]
    entries = [
        TimelineEntry.model_validate({**facts, "at": instant.to_text(at), "type": name})
        for at, name, facts in moments
        if at is not None
    ]
    return Timeline(run_id=records.run.run_id, events=sorted(entries, key=lambda entry: entry.at))


def _turn(turn: Turn) -> Iterator[Moment]:
    facts = {"turn": turn.turn, "provider_id": turn.provider_id}
    yield turn.started_at, "turn_started", facts
    yield turn.ended_at, "turn_ended", {**facts, "status": turn.status, "woken_by": turn.woken_by}


def _current_turn(run: Run) -> Iterator[Moment]:
    if run.status == "in_progress":
        yield run.turn_started_at, "turn_started", {"turn": run.turn, "provider_id": run.provider_id}


def _call(call: Call) -> Iterator[Moment]:
    facts = {"turn": call.turn, "call_id": call.call_id, "name": call.name}
    yield call.created_at, "call_requested", facts
    yield call.started_at, "call_started", {**facts, "attempt": call.fence}
    outcome: dict[str, str] = {"outcome": call.outcome}
    if call.error:
        outcome |= {"code": call.error.code, "message": call.error.message}
    if call.detail:
        outcome |= {"detail": call.detail}
    yield call.ended_at, "call_ended", {**facts, **outcome}


def _ending(run: Run) -> dict[str, Any]:
    error = {"code": run.error.code, "message": run.error.message} if run.error else {}
    return {"status": run.status, **error}

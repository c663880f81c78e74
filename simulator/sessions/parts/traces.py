"""Traces: what a root turn did, as OpenTelemetry exports it."""

import hashlib

from simulator.sessions.state import SessionTurn, StoredSession
from simulator.wire.bodies import JsonObject

NANOSECONDS = 1_000_000_000
INTERNAL, OK, ERROR = 1, 1, 2


def traces(session: StoredSession) -> list[JsonObject]:
    """Make the traces of the root turns that have ended, oldest first."""
    roots = (turn for turn in session.turns if turn.body["subagent_id"] is None)
    return [_trace(session, turn) for turn in roots if turn.body["completed_at"] is not None]


def _trace(session: StoredSession, turn: SessionTurn) -> JsonObject:
    calls = [item for item in session.items_of(turn.id) if item["type"].endswith("_call")]
    spans = [_span(turn, "agent.turn", None), *(_span(turn, _name(call), call) for call in calls)]
    resource = {"attributes": [_attribute("service.name", "openai-agents")]}
    scope = {"scope": {"name": "openai.agents"}, "spans": spans}
    return {
        "id": turn.id,
        "object": "agent.session.trace",
        "session_id": session.id,
        "created_at": turn.body["created_at"],
        "otlp": {"resourceSpans": [{"resource": resource, "scopeSpans": [scope]}]},
    }


def _span(turn: SessionTurn, name: str, call: JsonObject | None) -> JsonObject:
    """Make the span of a turn, or of a call in it, which is told to have taken as long."""
    span_id = turn.id if call is None else call["id"]
    status = (turn.body if call is None else call).get("status")
    return {
        "traceId": _hex(turn.id, 32),
        "spanId": _hex(span_id, 16),
        "parentSpanId": "" if call is None else _hex(turn.id, 16),
        "name": name,
        "kind": INTERNAL,
        "startTimeUnixNano": str(turn.body["created_at"] * NANOSECONDS),
        "endTimeUnixNano": str(turn.body["completed_at"] * NANOSECONDS),
        "attributes": [_attribute("turn.id", turn.id)],
        "status": {"code": OK if status == "completed" else ERROR},
    }


def _name(call: JsonObject) -> str:
    return f"{call['type'].removesuffix('_call')} {call.get('name') or ''}".strip()


def _attribute(key: str, value: str) -> JsonObject:
    return {"key": key, "value": {"stringValue": value}}


def _hex(text: str, length: int) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:length]

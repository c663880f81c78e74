"""Records for tests: a run under way, its call, its turn; name what matters and leave the rest."""

from datetime import UTC, datetime, timedelta
from typing import Any

from contracts.payloads import Stored
from contracts.records import Call, Run, Turn

START = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
RUN_ID = "run_01JDZ3V8W8Q5Z8Q5Z8Q5Z8Q5Z8"


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def a_run(run_id: str = RUN_ID, **changes: Any) -> Run:
    run: dict[str, Any] = {
        "run_id": run_id,
        "kind": "response",
        "status": "in_progress",
        "request_key": f"request#{run_id}",
        "tools": ("get_order",),
        "metadata": {"tenant": "acme"},
        "created_at": START,
        "updated_at": after(1),
        "deadline_at": after(600),
        "max_turns": 20,
        "turn": 1,
        "provider_id": "resp_1",
        "turn_started_at": after(1),
    }
    return Run(**(run | changes))


def a_call(**changes: Any) -> Call:
    call: dict[str, Any] = {
        "run_id": RUN_ID,
        "turn": 1,
        "call_id": "call_1",
        "name": "get_order",
        "arguments": Stored('inline:{"order_id": "A-1"}'),
        "effect": "pure",
        "outcome": "pending",
        "created_at": after(2),
    }
    return Call(**(call | changes))


def a_turn(**changes: Any) -> Turn:
    turn: dict[str, Any] = {
        "run_id": RUN_ID,
        "turn": 1,
        "provider_id": "resp_1",
        "status": "completed",
        "started_at": after(1),
        "ended_at": after(2),
        "woken_by": "webhook",
    }
    return Turn(**(turn | changes))

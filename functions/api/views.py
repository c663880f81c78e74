"""Records as clients see them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from runrelay import instant
from runrelay.items import from_item
from runrelay.payloads import PayloadBucket
from runrelay.records import Call, Event, Failure, Run, Turn

from functions.api.models import CallView, FailureView, ResultView, RunSummary, RunView


class RunRecords:
    """Everything there is about one run."""

    def __init__(self, items: Sequence[Mapping[str, Any]]) -> None:
        """Sort the items of a run's partition by what they are."""
        self.run = next(from_item(Run, item) for item in items if item["sk"]["S"] == "run")
        self.turns = [from_item(Turn, item) for item in items if item["sk"]["S"].startswith("turn#")]
        calls = [from_item(Call, item) for item in items if item["sk"]["S"].startswith("call#")]
        self.calls = sorted(calls, key=lambda call: (call.turn, call.created_at))
        self.events = [from_item(Event, item) for item in items if item["sk"]["S"].startswith("event#")]


def run_summary(run: Run) -> RunSummary:
    """Show a run in a list."""
    return RunSummary(**_summary(run))


def run_view(records: RunRecords, payloads: PayloadBucket) -> RunView:
    """Show a run whole."""
    return RunView(
        **_summary(records.run),
        provider_id=records.run.provider_id,
        calls=[_call_view(call, payloads) for call in records.calls],
        result=_result(records, payloads),
    )


def _summary(run: Run) -> dict[str, Any]:
    return {
        "run_id": run.run_id,
        "kind": run.kind,
        "status": run.status,
        "turn": run.turn,
        "max_turns": run.max_turns,
        "tools": list(run.tools),
        "metadata": dict(run.metadata),
        "usage": run.usage,
        "error": _failure(run.error),
        "deadline": instant.to_text(run.deadline_at),
        "created_at": instant.to_text(run.created_at),
        "updated_at": instant.to_text(run.updated_at),
        "ended_at": _text(run.ended_at),
    }


def _call_view(call: Call, payloads: PayloadBucket) -> CallView:
    return CallView(
        call_id=call.call_id,
        turn=call.turn,
        name=call.name,
        arguments=payloads.fetch(call.arguments),
        effect=call.effect,
        outcome=call.outcome,
        attempts=call.fence,
        output=payloads.fetch(call.output) if call.output is not None else None,
        error=_failure(call.error),
        created_at=instant.to_text(call.created_at),
        started_at=_text(call.started_at),
        ended_at=_text(call.ended_at),
    )


def _result(records: RunRecords, payloads: PayloadBucket) -> ResultView | None:
    """Show what the run's last turn said, once the run is over."""
    last = next((turn for turn in reversed(records.turns) if turn.body is not None), None)
    if not records.run.is_over or last is None or last.body is None:
        return None
    output_text = payloads.fetch(last.output_text) if last.output_text is not None else ""
    return ResultView(output_text=output_text, object=json.loads(payloads.fetch(last.body)))


def _failure(failure: Failure | None) -> FailureView | None:
    return FailureView(**asdict(failure)) if failure else None


def _text(moment: datetime | None) -> str | None:
    return instant.to_text(moment) if moment else None

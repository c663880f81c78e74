"""Calls of a run: written down before anything of them is done, queued, and told to the model."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from runrelay.catalog import CatalogEntry
from runrelay.messages import CallMessage
from runrelay.payloads import PayloadBucket
from runrelay.queue import Queue
from runrelay.records import Call, Failure, Run

from functions.worker.core.observation import RequestedCall
from functions.worker.provider import CallOutput
from functions.worker.run_store import RunStore


@dataclass(frozen=True, slots=True)
class Calls:
    """Hands calls to the tool function."""

    store: RunStore
    payloads: PayloadBucket
    catalog: Mapping[str, CatalogEntry]
    tool_queue: Queue

    def record(self, run: Run, requested: Sequence[RequestedCall], now: datetime) -> tuple[Call, ...]:
        """Write down what the model asked for in the run's current turn, which ended now."""
        calls = tuple(self._call(run, call, now) for call in requested)
        for call in calls:
            self.store.put_call(call)
        return calls

    def _call(self, run: Run, requested: RequestedCall, now: datetime) -> Call:
        """Make a call's record; one that names no tool of this run is answered at once."""
        entry = self.catalog.get(requested.name) if requested.name in run.tools else None
        key = f"{run.run_id}/{run.turn}/{requested.call_id}/arguments"
        call = Call(
            run_id=run.run_id,
            turn=run.turn,
            call_id=requested.call_id,
            name=requested.name,
            arguments=self.payloads.store(key, requested.arguments),
            effect=entry.effect if entry else "pure",
            outcome="pending",
            created_at=now,
            metadata=run.metadata,
        )
        if entry:
            return call
        error = Failure("unknown_tool", f"There is no tool named {requested.name}.")
        return replace(call, outcome="failed", error=error, ended_at=now)

    def queue(self, calls: Sequence[Call]) -> None:
        """Have calls run; one that is queued twice is still run once."""
        for call in calls:
            self.tool_queue.send(CallMessage(call.run_id, call.turn, call.call_id))

    def output_of(self, call: Call) -> CallOutput:
        """Say to the model what came of a call: its output, or a short error."""
        if call.output is not None:
            return CallOutput(call.call_id, self.payloads.fetch(call.output))
        assert call.error is not None, "a call that is over has an output or an error"  # noqa: S101
        return CallOutput(call.call_id, json.dumps({"error": call.error.message}))

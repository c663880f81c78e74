"""An end that was decided and may not be carried out yet, as it stands on its run's record."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from contracts.records import Failure, Run

from functions.worker.core.steps import CANCELLED, EndRun


def decided(step: EndRun) -> Mapping[str, Any]:
    """Write an end down; what its turn came to has a record of its own."""
    error = step.error and asdict(step.error)
    return {"status": step.status, "error": error, "stops_turn": step.stops_turn}


def decided_end(run: Run) -> EndRun | None:
    """Read the end that a run comes to, if it is decided."""
    if run.ending is None or run.is_over:
        return None
    error = run.ending["error"] and Failure(**run.ending["error"])
    return EndRun(run.ending["status"], error, None, stops_turn=run.ending["stops_turn"])


def as_promised(run: Run, step: EndRun) -> EndRun:
    """End a run `cancelled` whose cancel was acknowledged, whatever would have ended it otherwise."""
    if run.cancel_requested_at is None or step.status == "cancelled":
        return step
    return EndRun("cancelled", CANCELLED, step.seen, stops_turn=step.stops_turn)

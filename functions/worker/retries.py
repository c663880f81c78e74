"""Turns that failed for a reason that passes: the run goes back to where they were begun."""

from dataclasses import dataclass
from datetime import timedelta

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit
from contracts import instant
from contracts.records import Run

from functions.worker.announcements import Announcements
from functions.worker.checks import GOES_ON, Checks
from functions.worker.core.observation import TurnSeen
from functions.worker.core.retried_turns import delay_seconds
from functions.worker.core.usage import run_usage
from functions.worker.run_store import RunStore


@dataclass(frozen=True, slots=True)
class Retries:
    """Has turns begun again.

    Attributes:
        at_most: How often each turn is.
    """

    at_most: int
    store: RunStore
    checks: Checks
    announcements: Announcements
    metrics: Metrics

    def begin_again(self, run: Run, seen: TurnSeen) -> None:
        """Bring a run back to before its current turn, in one write, and have it looked at in a moment.

        What it builds on is the turn before; the failed one stays on the record, and on the timeline.
        """
        now = instant.now()
        failed = {
            "turn": run.turn,
            "started_at": instant.to_text(run.turn_started_at or now),
            "at": instant.to_text(now),
            "code": seen.error and seen.error.code,
        }
        before = self.store.past_turn(run.run_id, run.turn - 1) if run.turn > 1 else None
        again = self.store.advance(
            run,
            status="requires_action" if before else "queued",
            turn=run.turn - 1,
            provider_id=before and before.provider_id,
            turn_started_at=before and before.started_at,
            turn_read_at=before and before.read_at,
            retried_turns={**(run.retried_turns or {}), seen.provider_id: failed},
            usage=run_usage(run.usage, seen.usage),
            checks=0,
            **GOES_ON,
            due_at=min(now + timedelta(seconds=delay_seconds(run)), run.deadline_at),
        )
        self.checks.send(again)
        self.announcements.status_changed(again, run.status)
        self.metrics.add_metric("TurnRetried", MetricUnit.Count, 1)

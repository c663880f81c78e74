"""The run engine: read, decide, act, write, until there is nothing to do but wait."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import assert_never

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from runrelay import instant
from runrelay.errors import ProviderError, RetryLaterError, StaleReadError
from runrelay.messages import RunMessage
from runrelay.payloads import PayloadBucket
from runrelay.queue import Queue
from runrelay.records import Run, Turn
from runrelay.status import Kind

from functions.worker.announcements import Announcements
from functions.worker.calls import Calls
from functions.worker.core import steps
from functions.worker.core.decision import next_step
from functions.worker.core.observation import CallsSeen, Observation, TurnSeen, Woken
from functions.worker.provider import Provider
from functions.worker.run_store import RunStore
from functions.worker.turns import NO_SUBMISSION, Turns
from functions.worker.usage import add_usage

MAX_READS = 5
"""After losing this many races in one look, the message goes back on the queue."""

type Next = tuple[Run, Observation] | None
"""The run and what was seen of it now; nothing if there is nothing more to do."""


@dataclass(frozen=True, slots=True)
class Engine:
    """Moves runs."""

    store: RunStore
    payloads: PayloadBucket
    providers: Mapping[Kind, Provider]
    turns: Turns
    calls: Calls
    run_queue: Queue
    announcements: Announcements
    logger: Logger
    metrics: Metrics

    def look(self, run_id: str, woken: Woken, seen: TurnSeen | None = None) -> None:
        """Bring a run as far as it goes now.

        Args:
            seen: Its turn, if the waker has already read it.

        Raises:
            RetryLaterError: The message must come back.
        """
        for _ in range(MAX_READS):
            run = self.store.run(run_id)
            if run is None:
                self.logger.warning("run not found", extra={"run_id": run_id})
                return
            try:
                self._advance(run, woken, seen or woken)
            except StaleReadError:
                continue
            return
        raise RetryLaterError("lost too many races", delay_seconds=1)

    def _advance(self, run: Run, woken: Woken, seen: Observation) -> None:
        upcoming: Next = (run, seen)
        while upcoming:
            run, seen = upcoming
            step = next_step(run, seen, instant.now())
            self._log(run, seen, step)
            upcoming = self._take(step, run, woken)

    def _take(self, step: steps.Step, run: Run, woken: Woken) -> Next:  # noqa: C901 - one case a step
        upcoming: Next = None
        match step:
            case steps.Rest():
                pass
            case steps.LookAtTurn():
                upcoming = run, self.turns.look(run, woken)
            case steps.LookAtCalls():
                upcoming = run, CallsSeen(self.store.calls(run), woken)
            case steps.LookAgain():
                self._look_again(run, step)
            case steps.AwaitSubmission():
                raise RetryLaterError("the turn is being submitted", delay_seconds=step.delay_seconds)
            case steps.SubmitTurn():
                upcoming = self.turns.submit(run, step, woken)
            case steps.RecordCalls():
                upcoming = self._record_calls(run, step, woken)
            case steps.QueueCalls():
                self.calls.queue(step.calls)
            case steps.AdoptTurn():
                upcoming = self.turns.adopt(run, step.seen), step.seen
            case steps.DisownTurn():
                self.turns.disown(run, step.turn, step.provider_id)
            case steps.EndRun():
                self._end(run, step, woken)
            case _:
                assert_never(step)
        return upcoming

    def _log(self, run: Run, seen: Observation, step: steps.Step) -> None:
        facts = {
            "run_id": run.run_id,
            "status_from": run.status,
            "turn": run.turn,
            "saw": type(seen).__name__,
            "step": type(step).__name__,
            "why": getattr(step, "why", None),
        }
        self.logger.info("step decided", extra=facts)

    def _look_again(self, run: Run, step: steps.LookAgain) -> None:
        """Wait outside Lambda: a delayed message, which burns no receive count."""
        self.metrics.add_metric("LookPutOff", MetricUnit.Count, 1)
        message = RunMessage(run.run_id, "deferred", step.attempt)
        self.run_queue.send(message, delay_seconds=step.delay_seconds)

    def _record_calls(self, run: Run, step: steps.RecordCalls, woken: Woken) -> Next:
        """Write down what the model asked for, before anything of it is done."""
        calls = self.calls.record(run, step.calls)
        self.store.put(self._turn(run, step.seen, woken))
        advanced = self.store.advance(
            run, status="requires_action", usage=add_usage(run.usage, step.seen.usage)
        )
        self.announcements.status_changed(advanced, run.status)
        return advanced, CallsSeen(calls, woken)

    def _end(self, run: Run, step: steps.EndRun, woken: Woken) -> None:
        """Bring a run to its terminal status, with its last turn kept whole."""
        if step.seen is not None:
            self.store.put(self._turn(run, step.seen, woken, is_last=True))
        elif step.status == "expired" and run.status == "in_progress":
            self._cancel(run)
        ended = self.store.advance(
            run,
            status=step.status,
            error=step.error,
            usage=add_usage(run.usage, step.seen.usage if step.seen else None),
            ended_at=instant.now(),
            **NO_SUBMISSION,
        )
        self.metrics.add_metric("RunEnded", MetricUnit.Count, 1)
        self.announcements.status_changed(ended, run.status)

    def _cancel(self, run: Run) -> None:
        try:
            self.providers[run.kind].cancel(run.provider_id or "")
        except ProviderError as error:
            self.logger.warning("turn not cancelled", extra={"run_id": run.run_id, "reason": str(error)})

    def _turn(self, run: Run, seen: TurnSeen, woken: Woken, *, is_last: bool = False) -> Turn:
        prefix = f"{run.run_id}/{run.turn}"
        now = instant.now()
        return Turn(
            run_id=run.run_id,
            turn=run.turn,
            provider_id=seen.provider_id,
            status=seen.status,
            started_at=run.turn_started_at or now,
            ended_at=now,
            woken_by=woken.by,
            usage=seen.usage,
            output_text=self.payloads.store(f"{prefix}/output_text", seen.output_text),
            body=self.payloads.store(f"{prefix}/body", json.dumps(seen.body)) if is_last else None,
        )

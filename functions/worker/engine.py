"""The run engine: read, decide, act, write, until there is nothing to do but wait."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import assert_never

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from runrelay import instant
from runrelay.catalog import CatalogEntry
from runrelay.errors import (
    AnswerLostError,
    NotKnownError,
    ProviderBusyError,
    ProviderError,
    ProviderRefusedError,
    RetryLaterError,
    StaleReadError,
)
from runrelay.messages import CallMessage, RunMessage
from runrelay.payloads import PayloadBucket
from runrelay.queue import MAX_DELAY_SECONDS, Queue
from runrelay.records import Call, Event, Failure, Run, Turn
from runrelay.status import Kind, Status

from functions.worker.announcements import Announcements
from functions.worker.core import steps
from functions.worker.core.decision import SUBMISSION_LEASE, next_step
from functions.worker.core.observation import (
    CallsSeen,
    Observation,
    RequestedCall,
    TurnNotKnown,
    TurnSeen,
    Woken,
)
from functions.worker.provider import CallOutput, Provider, Submission
from functions.worker.run_store import RunStore
from functions.worker.usage import add_usage

MAX_READS = 5
"""After losing this many races in one look, the message goes back on the queue."""

type Next = tuple[Run, Observation] | None
"""The run and what was seen of it now, or nothing more to do."""


@dataclass(frozen=True, slots=True)
class Engine:
    """Moves runs.

    Attributes:
        owner: Names this worker in its claims.
    """

    store: RunStore
    payloads: PayloadBucket
    run_queue: Queue
    tool_queue: Queue
    announcements: Announcements
    providers: Mapping[Kind, Provider]
    catalog: Mapping[str, CatalogEntry]
    owner: str
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
            except ProviderBusyError as error:
                self._put_off(run, woken.attempt, error)
            except ProviderRefusedError as error:
                self._end(run, steps.EndRun("failed", Failure(error.code, error.message), None), woken)
            return
        raise RetryLaterError("lost too many races", delay_seconds=1)

    def _advance(self, run: Run, woken: Woken, seen: Observation) -> None:
        upcoming: Next = (run, seen)
        while upcoming:
            run, seen = upcoming
            step = next_step(run, seen, instant.now())
            self.logger.info(
                "step decided",
                extra={
                    "run_id": run.run_id,
                    "status_from": run.status,
                    "turn": run.turn,
                    "saw": type(seen).__name__,
                    "step": type(step).__name__,
                    "why": getattr(step, "why", None),
                },
            )
            upcoming = self._take(step, run, woken)

    def _take(self, step: steps.Step, run: Run, woken: Woken) -> Next:  # noqa: C901 - one case a step
        match step:
            case steps.Rest():
                return None
            case steps.LookAtTurn():
                return run, self._look_at_turn(run, woken)
            case steps.LookAtCalls():
                return run, CallsSeen(self.store.calls(run), woken)
            case steps.LookAgain():
                self._look_again(run, step)
                return None
            case steps.AwaitSubmission():
                raise RetryLaterError("the turn is being submitted", delay_seconds=step.delay_seconds)
            case steps.SubmitTurn():
                self._submit(run, step)
                return None
            case steps.RecordCalls():
                return self._record_calls(run, step, woken)
            case steps.QueueCalls():
                self._queue_calls(step)
                return None
            case steps.AdoptTurn():
                return self._adopt(run, step.seen), step.seen
            case steps.DisownTurn():
                self._disown(run, step.seen)
                return None
            case steps.EndRun():
                self._end(run, step, woken)
                return None
            case _:
                assert_never(step)

    # -- looking ------------------------------------------------------------------------------------

    def _look_at_turn(self, run: Run, woken: Woken) -> TurnSeen | TurnNotKnown:
        assert run.provider_id is not None, "a turn in progress has its id"  # noqa: S101
        try:
            return self.providers[run.kind].look(run.provider_id)
        except NotKnownError:
            return TurnNotKnown(woken.attempt)

    def _look_again(self, run: Run, step: steps.LookAgain) -> None:
        self.run_queue.send(
            RunMessage(run.run_id, "deferred", step.attempt), delay_seconds=step.delay_seconds
        )

    def _put_off(self, run: Run, attempt: int, error: ProviderBusyError) -> None:
        """Wait outside Lambda: a delayed message, which burns no receive count."""
        delay = error.retry_after_seconds or min(2**attempt, 60)
        self.metrics.add_metric("ProviderBusy", MetricUnit.Count, 1)
        self._look_again(run, steps.LookAgain(min(delay, MAX_DELAY_SECONDS), attempt + 1, str(error)))

    # -- turns --------------------------------------------------------------------------------------

    def _submit(self, run: Run, step: steps.SubmitTurn) -> None:
        """Begin a turn: write the intent, create, write the acceptance."""
        stored = self.store.request(run)
        submission = Submission(
            run=run,
            turn=step.turn,
            request=json.loads(self.payloads.fetch(stored.request)),
            offered=[self.catalog[name] for name in run.tools if name in self.catalog],
            outputs=[self._output_of(call) for call in step.calls],
        )
        run = self._claim_submission(run, step.turn)
        try:
            provider_id = self.providers[run.kind].submit(submission)
        except AnswerLostError as error:
            assert run.submitting_until is not None  # noqa: S101 - just claimed
            delay = (run.submitting_until - instant.now()).total_seconds()
            raise RetryLaterError(str(error), delay_seconds=int(delay) + 1) from error
        except ProviderBusyError:
            self.store.advance(run, submitting_until=None, submitting_by=None)
            raise
        except ProviderRefusedError as error:
            self._end(run, steps.EndRun("failed", Failure(error.code, error.message), None), None)
            return
        try:
            self._start_turn(run, step.turn, provider_id)
        except StaleReadError:
            self._settle_lost_start(run, step.turn, provider_id)

    def _claim_submission(self, run: Run, turn: int) -> Run:
        until = instant.now() + SUBMISSION_LEASE
        try:
            return self.store.advance(
                run, submitting_turn=turn, submitting_by=self.owner, submitting_until=until
            )
        except StaleReadError:
            current = self.store.run(run.run_id)
            if current and current.submitting_by == self.owner and current.submitting_turn == turn:
                return current  # the claim was written and only its reply was lost
            raise

    def _start_turn(self, run: Run, turn: int, provider_id: str) -> Run:
        started = self.store.advance(
            run,
            status="in_progress",
            turn=turn,
            provider_id=provider_id,
            turn_started_at=instant.now(),
            submitting_turn=None,
            submitting_by=None,
            submitting_until=None,
        )
        self._announce(started, run.status)
        return started

    def _settle_lost_start(self, run: Run, turn: int, provider_id: str) -> None:
        """Somebody wrote between our create and its acceptance: it adopted our turn, or has another one."""
        current = self.store.run(run.run_id)
        ended = self.store.turn(run.run_id, turn)
        known = {current.provider_id if current else None, ended.provider_id if ended else None}
        if provider_id not in known:
            self._cancel_orphan(run, turn, provider_id)

    def _adopt(self, run: Run, seen: TurnSeen) -> Run:
        """Take a turn whose create's answer was lost for the run's own."""
        assert seen.run_turn is not None, "only a turn that names its number is adopted"  # noqa: S101
        self.metrics.add_metric("TurnAdopted", MetricUnit.Count, 1)
        return self._start_turn(run, seen.run_turn, seen.provider_id)

    def _disown(self, run: Run, seen: TurnSeen) -> None:
        assert seen.run_turn is not None  # noqa: S101 - as above
        ended = self.store.turn(run.run_id, seen.run_turn)
        if ended is None or ended.provider_id != seen.provider_id:
            self._cancel_orphan(run, seen.run_turn, seen.provider_id)

    def _cancel_orphan(self, run: Run, turn: int, provider_id: str) -> None:
        """End a turn that was begun twice, and put it on the timeline."""
        try:
            self.providers[run.kind].cancel(provider_id)
        except ProviderError as error:
            self.logger.warning("orphan not cancelled", extra={"run_id": run.run_id, "reason": str(error)})
        self.store.put(
            Event(run.run_id, instant.now(), "orphan_cancelled", {"turn": turn, "provider_id": provider_id})
        )
        self.metrics.add_metric("OrphanCancelled", MetricUnit.Count, 1)

    # -- calls --------------------------------------------------------------------------------------

    def _record_calls(self, run: Run, step: steps.RecordCalls, woken: Woken) -> Next:
        """Write down what the model asked for, before anything of it is done."""
        calls = tuple(self._call(run, requested) for requested in step.calls)
        for call in calls:
            self.store.put_call(call)
        self.store.put(self._turn(run, step.seen, woken))
        run = self.store.advance(run, status="requires_action", usage=add_usage(run.usage, step.seen.usage))
        self._announce(run, "in_progress")
        return run, CallsSeen(calls, replace(woken, is_redelivery=False, by="webhook"))

    def _call(self, run: Run, requested: RequestedCall) -> Call:
        """Make a call's record; one that names no tool of this run is answered at once."""
        entry = self.catalog.get(requested.name) if requested.name in run.tools else None
        key = f"{run.run_id}/{run.turn}/{requested.call_id}/arguments"
        now = instant.now()
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

    def _queue_calls(self, step: steps.QueueCalls) -> None:
        for call in step.calls:
            self.tool_queue.send(CallMessage(call.run_id, call.turn, call.call_id))

    def _output_of(self, call: Call) -> CallOutput:
        """Say to the model what came of a call: its output, or a short error."""
        if call.output is not None:
            return CallOutput(call.call_id, self.payloads.fetch(call.output))
        assert call.error is not None, "a call that is over has an output or an error"  # noqa: S101
        return CallOutput(call.call_id, json.dumps({"error": call.error.message}))

    # -- endings ------------------------------------------------------------------------------------

    def _end(self, run: Run, step: steps.EndRun, woken: Woken | None) -> None:
        """Bring a run to its terminal status, with its last turn kept whole."""
        if step.seen is not None and woken is not None:
            self.store.put(self._turn(run, step.seen, woken, is_last=True))
        elif step.status == "expired" and run.status == "in_progress":
            self._cancel_quietly(run)
        ended = self.store.advance(
            run,
            status=step.status,
            error=step.error,
            usage=add_usage(run.usage, step.seen.usage if step.seen else None),
            ended_at=instant.now(),
            submitting_turn=None,
            submitting_by=None,
            submitting_until=None,
        )
        self.metrics.add_metric("RunEnded", MetricUnit.Count, 1)
        self._announce(ended, run.status)

    def _cancel_quietly(self, run: Run) -> None:
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

    def _announce(self, run: Run, status_from: Status) -> None:
        self.logger.info(
            "run advanced",
            extra={
                "run_id": run.run_id,
                "status_from": status_from,
                "status_to": run.status,
                "turn": run.turn,
                "error_code": run.error and run.error.code,
            },
        )
        self.announcements.status_changed(run, status_from)

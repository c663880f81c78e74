"""The run engine: read, decide, act, write, until there is nothing to do but wait."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from contracts import instant
from contracts.errors import RetryLaterError, StaleReadError
from contracts.measures import count_seconds
from contracts.outside_json import compact
from contracts.payloads import PayloadBucket
from contracts.records import Alias, Call, DeletedRun, Event, Failure, Run, Turn

from functions.worker.announcements import Announcements
from functions.worker.calls import Calls
from functions.worker.checks import Checks
from functions.worker.core import steps
from functions.worker.core.calls import waiting_until
from functions.worker.core.decision import next_step
from functions.worker.core.endings import as_promised
from functions.worker.core.observation import CallsSeen, Observation, TurnSeen, Woken
from functions.worker.core.usage import run_usage
from functions.worker.deletions import Deletions
from functions.worker.endings import Endings
from functions.worker.orphans import Orphans
from functions.worker.retries import Retries
from functions.worker.run_store import RunStore
from functions.worker.turns import Turns

MAX_READS = 5
"""After losing this many races in one look, the message goes back on the queue."""

type Next = tuple[Run, Observation | None] | None
"""The run and what was seen of it now; nothing if there is nothing more to do."""


@dataclass(frozen=True, slots=True)
class Engine:
    """Moves runs."""

    store: RunStore
    payloads: PayloadBucket
    turns: Turns
    orphans: Orphans
    calls: Calls
    checks: Checks
    retries: Retries
    endings: Endings
    deletions: Deletions
    announcements: Announcements
    logger: Logger
    metrics: Metrics

    def look(
        self,
        run_id: str,
        woken: Woken,
        seen: TurnSeen | None = None,
        *,
        notes: Sequence[Event | Alias] = (),
    ) -> bool:
        """Bring a run as far as it goes now; says whether there is such a run here.

        Args:
            seen: A turn that names the run, and that the waker has read. It counts if the run does not know
                it: of one that it knows, what was seen before the run was read may be older than its record.
            notes: Records of what woke us, to be written first, if there is such a run.

        Raises:
            RetryLaterError: The message must come back.
        """
        for _ in range(MAX_READS):
            run = self.store.run_or_rest(run_id)
            if not isinstance(run, Run):
                self._come_too_late(run_id, run, seen)
                return False
            for note in notes:
                self.store.put(run, note)
            notes = ()
            is_news = seen is not None and seen.provider_id != run.provider_id
            try:
                self._advance(run, woken, seen if is_news else None)
            except StaleReadError:
                continue
            return True
        raise RetryLaterError("lost too many races", delay_seconds=1)

    def _come_too_late(self, run_id: str, left: DeletedRun | None, seen: TurnSeen | None) -> None:
        """Take away what came of a run after its deletion; of one that never was, there is nothing.

        Raises:
            RetryLaterError: The message must come back.
        """
        if left is None:
            self.logger.info("run not found", extra={"run_id": run_id})
        elif seen is not None and seen.provider_id:
            self.deletions.take_late(left, seen.provider_id)
        elif self.deletions.is_due(left):
            self.deletions.carry_out(left)

    def fail(self, run_id: str, failure: Failure) -> None:
        """End a run that no look can move, if it is open.

        Raises:
            RetryLaterError: The message must come back.
        """
        for _ in range(MAX_READS):
            run = self.store.run(run_id)
            if run is None or run.is_over:
                return
            step = as_promised(run, steps.EndRun("failed", failure, None, stops_turn=True))
            with suppress(StaleReadError):
                self.endings.end(run, step, None)
                return
        raise RetryLaterError("lost too many races", delay_seconds=1)

    def _advance(self, run: Run, woken: Woken, seen: Observation | None) -> None:
        upcoming: Next = (run, seen)
        while upcoming:
            run, seen = upcoming
            step = next_step(run, woken, seen, instant.now(), turn_retries=self.retries.at_most)
            self._log(run, woken, seen, step)
            upcoming = self._take(step, run, woken)

    def _take(self, step: steps.Step, run: Run, woken: Woken) -> Next:  # noqa: C901, PLR0912, PLR0915 - one case a step
        upcoming: Next = None
        match step:
            case steps.Rest():
                pass
            case steps.LookAtTurn():
                upcoming = run, self.turns.look(run, woken.says)
            case steps.LookAtCalls():
                upcoming = run, CallsSeen(self.store.calls(run))
            case steps.LookAgain():
                self._put_off(run, step)
            case steps.CheckAgain():
                self.checks.go_on(run, step)
            case steps.CheckOnTime():
                self.checks.on_time(run)
            case steps.Listen():
                self.checks.listen(run, step)
            case steps.SubmitTurn():
                upcoming = self.turns.submit(run, step)
            case steps.RecordCalls():
                upcoming = self._record_calls(run, step, woken)
            case steps.HandOutCalls():
                self.calls.queue(step.runnable)
                self._announce(run, step.waiting, woken.attempt if woken.by == "announce" else 0)
                if step.then is not None:
                    self.checks.go_on(run, step.then)
            case steps.CloseCalls():
                self.calls.close(step.calls, step.read)
                upcoming = run, CallsSeen(self.store.calls(run))
            case steps.NoteElsewhere():
                self._note_elsewhere(run, step.seen)
                upcoming = run, replace(step.seen, elsewhere=())
            case steps.AdoptTurn():
                upcoming = self.turns.adopt(run, step.seen), step.seen
            case steps.DisownTurn():
                self.orphans.disown(run, step.turn, step.provider_id)
            case steps.BeginAgain():
                self.retries.begin_again(run, step.seen)
                self._count_if_recovered(run, woken)
            case steps.CancelTurn():
                upcoming = self._cancel(run, woken)
            case steps.StopOrphans():
                self._stop_again(run, step)
            case steps.AnnounceEnd():
                self.endings.announce(run, None, step.attempt)
            case steps.WithdrawCalls():
                self.calls.withdraw(run, instant.now())
                if step.announces:
                    self.endings.announce(run, None, 0)
            case steps.EndRun():
                self._end(run, step, woken)
            case steps.DeleteRun():
                self.deletions.carry_out(run)
            case _:
                assert_never(step)
        return upcoming

    def _log(self, run: Run, woken: Woken, seen: Observation | None, step: steps.Step) -> None:
        facts = {
            "run_id": run.run_id,
            "status_from": run.status,
            "turn": run.turn,
            "woken_by": woken.by,
            "saw": type(seen).__name__ if seen else None,
            "step": type(step).__name__,
            "why": getattr(step, "why", None),
        }
        self.logger.info("step decided", extra=facts)

    def _count_if_recovered(self, run: Run, woken: Woken) -> None:
        """Count a turn's end that a check saw before, or instead of, its webhook."""
        if woken.by == "check" and self.checks.stand_in_for_webhooks(run) and run.heard != "idle":
            self.metrics.add_metric("WebhookRecovered", MetricUnit.Count, 1)

    def _measure(self, run: Run, seen: TurnSeen, now: datetime) -> None:
        """Measure how long after its end, where the provider tells it, a turn was seen and recorded."""
        if seen.completed_at is not None:
            count_seconds("TurnRecordedAfter", seen.completed_at, now, kind=run.kind)

    def _record_calls(self, run: Run, step: steps.RecordCalls, woken: Woken) -> Next:
        """Write down what the model asked for, before anything of it is done."""
        now = instant.now()
        calls, latest = self.calls.record(run, step.calls, now)
        self.store.put(run, self._turn(run, step.seen, woken, now))
        advanced = self.store.advance(
            run,
            (*calls, *latest),
            status="requires_action",
            turn_read_at=run.version,
            call_count=(run.call_count or 0) + len(calls),
            usage=run_usage(run.usage, step.seen.usage),
            **self.checks.due_with_calls(
                run, no_later_than=waiting_until(calls), is_checked=woken.by == "check"
            ),
        )
        self.calls.count_settled(calls)
        self._measure(run, step.seen, now)
        self._count_if_recovered(run, woken)
        if woken.by == "check" or advanced.due_at != run.due_at:
            self.checks.send(advanced)
        self.announcements.status_changed(advanced, run.status)
        if not woken.is_redelivery:  # else the next step does
            self._announce(advanced, (call for call in calls if call.is_open and call.wait_until), 0)
        return advanced, CallsSeen(self.store.calls(advanced) if step.seen.recorded else calls)

    def _announce(self, run: Run, calls: Iterable[Call], attempt: int) -> None:
        """Tell which calls wait for somebody; if that cannot be told now, later, ever more rarely."""
        are_told = [
            self.announcements.call_awaits(run, call, self.payloads.fetch(call.arguments)) for call in calls
        ]
        if not all(are_told):
            self.endings.announce_later(run, attempt)

    def _put_off(self, run: Run, step: steps.LookAgain) -> None:
        """Look again later; the timeline says, once, that the provider has kept the run waiting for long."""
        if step.trouble is not None and step.tells:
            facts = {"turn": run.submitting_turn or run.turn, "why": step.why}
            since = instant.from_text(step.trouble["since"])
            self.store.put(run, Event(run.run_id, since, "waiting_for_provider", facts))
        self.checks.put_off(run, step)

    def _note_elsewhere(self, run: Run, seen: TurnSeen) -> None:
        """Put on the timeline, once a turn, that the provider waits for something we cannot give."""
        facts = {"turn": run.turn, "types": sorted(set(seen.elsewhere))}
        self.store.put(
            run, Event(run.run_id, run.turn_started_at or run.created_at, "action_required_elsewhere", facts)
        )

    def _end(self, run: Run, step: steps.EndRun, woken: Woken) -> None:
        now = instant.now()
        turn = self._turn(run, step.seen, woken, now, is_last=True) if step.seen else None
        self.endings.end(run, step, turn)
        if step.seen is not None:
            self._measure(run, step.seen, now)
            self._count_if_recovered(run, woken)

    def _stop_again(self, run: Run, step: steps.StopOrphans) -> None:
        """Stop what could not be stopped before; a few times more, if it still cannot."""
        if not self.orphans.stop_again(run, step.attempt):
            self.endings.stop_later(run, step.attempt)

    def _cancel(self, run: Run, woken: Woken) -> Next:
        """Write the intent, begin no more calls, stop the turn, and see whether it had ended before.

        A check, or the cancel's own message, goes on with the checks; else its message may be lost.
        """
        if run.status != "cancelling":
            status_from = run.status
            run = self.store.advance(run, status="cancelling", **self.checks.due(run))
            if woken.by not in ("check", "cancel"):
                self.checks.send(run)
            self.announcements.status_changed(run, status_from)
        self.calls.withdraw(run, instant.now())
        self.orphans.stop_turn(run)
        return run, self.turns.look(run)

    def _turn(self, run: Run, seen: TurnSeen, woken: Woken, now: datetime, *, is_last: bool = False) -> Turn:
        prefix = f"{run.run_id}/{run.turn}/{run.version}"
        return Turn(
            run_id=run.run_id,
            turn=run.turn,
            provider_id=seen.provider_id,
            status=seen.status,
            started_at=run.turn_started_at or now,
            ended_at=now,
            woken_by=woken.by,
            usage=seen.usage,
            output_text=self.payloads.store(f"{prefix}/output_text", seen.output_text or seen.refusal),
            refusal=self.payloads.store(f"{prefix}/refusal", seen.refusal) if seen.refusal else None,
            body=self.payloads.store(f"{prefix}/body", compact(seen.body)) if is_last else None,
            read_at=run.version,
        )

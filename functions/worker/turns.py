"""Turns of a run: begun once, found again when an answer was lost, cancelled when there is one too many."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from contracts import instant
from contracts.catalog import CatalogEntry
from contracts.errors import (
    AnswerLostError,
    NotKnownError,
    ProviderBusyError,
    ProviderError,
    ProviderRefusedError,
    StaleReadError,
    TooEarlyError,
)
from contracts.payloads import PayloadBucket
from contracts.records import Alias, Event, Failure, Run
from contracts.status import Kind

from functions.worker.announcements import Announcements
from functions.worker.calls import Calls
from functions.worker.checks import Checks
from functions.worker.core.observation import (
    AnswerLost,
    GateClosed,
    ProviderBusy,
    ProviderRefused,
    TooEarly,
    TurnNotKnown,
    TurnSeen,
    Unanswered,
)
from functions.worker.core.steps import SubmitTurn
from functions.worker.gate import Gates
from functions.worker.openai.provider import Provider, Submission
from functions.worker.run_store import RunStore

SUBMISSION_LEASE = timedelta(seconds=45)
"""A submission older than this was lost: a worker lives less long, and so does a lost answer's webhook."""

BUSY_SECONDS = 2
"""How long the gate closes when the provider does not say how long."""

NO_SUBMISSION = {"submitting_turn": None, "submitting_by": None, "submitting_until": None}


@dataclass(frozen=True, slots=True)
class Turns:
    """Begins turns at the provider.

    Attributes:
        owner: Names this worker in its claims.
    """

    store: RunStore
    payloads: PayloadBucket
    providers: Mapping[Kind, Provider]
    gates: Gates
    catalog: Mapping[str, CatalogEntry]
    calls: Calls
    checks: Checks
    announcements: Announcements
    owner: str
    logger: Logger
    metrics: Metrics

    def look(self, run: Run, says: str | None = None) -> TurnSeen | Unanswered:
        """Ask the provider how the run's current turn stands.

        Args:
            says: The last word of the type of the webhook that woke us.
        """
        assert run.provider_id is not None, "a turn in progress has its id"  # noqa: S101
        if seconds := self._seconds_closed(run):
            return GateClosed(seconds)
        try:
            seen = self.providers[run.kind].look(run.provider_id, says)
        except ProviderError as error:
            return self._unanswered(run, error)
        return self._without_recorded(run, seen) if seen.status == "requires_action" and seen.calls else seen

    def _without_recorded(self, run: Run, seen: TurnSeen) -> TurnSeen:
        """Tell the calls that a turn asks for from those it asked for before, which it may show still.

        Calls of a turn that is still in progress are left of a recording that failed halfway; they are
        recorded again.
        """
        left_of = run.turn if run.status == "in_progress" else None
        known = {call.call_id: call for call in self.store.all_calls(run.run_id) if call.turn != left_of}
        return replace(
            seen,
            calls=tuple(call for call in seen.calls if call.call_id not in known),
            recorded=tuple(known[call.call_id] for call in seen.calls if call.call_id in known),
        )

    def _seconds_closed(self, run: Run) -> int:
        return self.gates.seconds_closed(self.providers[run.kind].gate, run.run_id)

    def _unanswered(self, run: Run, error: ProviderError) -> Unanswered:
        """Say what the provider did instead; what concerns all closes the gate."""
        if isinstance(error, ProviderBusyError) and error.is_for_all:
            self.gates.close(self.providers[run.kind].gate, error.retry_after_seconds or BUSY_SECONDS)
            self.metrics.add_metric("GateClosed", MetricUnit.Count, 1)
        return unanswered(error)

    def cancel(self, run: Run) -> None:
        """Have the provider stop the run's current turn; one that it cannot stop ends by itself."""
        if run.provider_id is not None and run.turn > 0:
            self._stop(run, run.provider_id)

    def _stop(self, run: Run, provider_id: str) -> bool:
        """Have the provider stop a turn; says whether it need not be asked again."""
        try:
            self.providers[run.kind].cancel(provider_id)
        except ProviderError as error:
            self.logger.warning("turn not cancelled", extra={"run_id": run.run_id, "reason": str(error)})
            return isinstance(error, ProviderRefusedError | NotKnownError)  # it has ended
        return True

    def submit(self, run: Run, step: SubmitTurn) -> tuple[Run, Unanswered] | None:
        """Begin a turn: write the intent, create, write the acceptance; or say what the provider did instead.

        If its answer is lost, the intent stays until its lease ends: the turn's webhook may tell us its id.
        """
        if seconds := self._seconds_closed(run):
            return run, GateClosed(seconds)
        stored = self.store.request(run)
        submission = Submission(
            run=run,
            turn=step.turn,
            request=json.loads(self.payloads.fetch(stored.request)),
            offered=[self.catalog[name] for name in run.tools if name in self.catalog],
            answers=[self.calls.answer_to(call) for call in step.calls],
        )
        was_begun = run.submitting_turn == step.turn
        run = self._claim(run, step.turn)
        try:
            run = self._prepare(run, submission)
            provider_id = self._begin(replace(submission, run=run), was_begun=was_begun)
        except ProviderError as error:
            answer = self._unanswered(run, error)
            if not isinstance(answer, AnswerLost):
                run = self.store.advance(run, submitting_by=None, submitting_until=None)
            return run, answer
        try:
            self._accepted(run, step.turn, provider_id)
        except StaleReadError:
            self._settle(run, step.turn, provider_id)
        return None

    def _prepare(self, run: Run, submission: Submission) -> Run:
        """Make what the first turn needs, and keep its id before anything else may fail."""
        prepared = self.providers[run.kind].prepare(submission) if submission.turn == 1 else None
        return self.store.advance(run, provider_id=prepared) if prepared else run

    def _begin(self, submission: Submission, *, was_begun: bool) -> str:
        """Have the provider begin a turn, unless it did so before and the answer was lost."""
        provider = self.providers[submission.run.kind]
        if submission.turn == 1 and was_begun and (found := provider.find(submission.run)):
            return found[0]
        return provider.submit(submission)

    def _claim(self, run: Run, turn: int) -> Run:
        until = instant.now() + SUBMISSION_LEASE
        again = {"begun_again": (run.begun_again or 0) + 1} if _may_have_begun(run) else {}
        try:
            return self.store.advance(
                run, submitting_turn=turn, submitting_by=self.owner, submitting_until=until, **again
            )
        except StaleReadError:
            current = self.store.run(run.run_id)
            if current and current.submitting_by == self.owner and current.submitting_turn == turn:
                return current  # the claim was written and only its reply was lost
            raise

    def _accepted(self, run: Run, turn: int, provider_id: str) -> Run:
        started = self.store.advance(
            run,
            status="in_progress",
            turn=turn,
            provider_id=provider_id,
            turn_started_at=instant.now(),
            **NO_SUBMISSION,
            **self.checks.due(run),
        )
        self.checks.send(started)
        self.announcements.status_changed(started, run.status)
        return started

    def _settle(self, run: Run, turn: int, provider_id: str) -> None:
        """Somebody wrote between our create and its acceptance: it adopted our turn, or has another one."""
        current = self.store.run(run.run_id)
        if current is None or current.provider_id != provider_id:
            self.disown(run, turn, provider_id)

    def adopt(self, run: Run, seen: TurnSeen) -> Run:
        """Take a turn whose create's answer was lost for the run's own."""
        assert seen.run_turn is not None, "only a turn that names its number is adopted"  # noqa: S101
        self.metrics.add_metric("TurnAdopted", MetricUnit.Count, 1)
        return self._accepted(run, seen.run_turn, seen.provider_id)

    def disown(self, run: Run, turn: int, provider_id: str) -> None:
        """Cancel a turn that was begun twice and put it on the timeline; a turn of the run's past is none.

        From then on its id is known to be the run's, so that it is neither looked at nor counted again.
        """
        ended = self.store.turn(run.run_id, turn)
        if ended is not None and ended.provider_id == provider_id:
            return
        if self.store.is_alias(run.run_id, provider_id):
            return
        is_stopped = self._stop(run, provider_id)
        facts = {"turn": turn, "provider_id": provider_id}
        self.store.put(Event(run.run_id, instant.now(), "orphan_cancelled", facts))
        if is_stopped:
            self.store.put(Alias(run.run_id, provider_id))
        self.metrics.add_metric("OrphanCancelled", MetricUnit.Count, 1)

    def disown_others(self, run: Run) -> None:
        """Disown whatever else a run's first turn was begun with, as far as the provider lists it.

        Its webhooks tell of it sooner, if they come. Only a run whose first turn was submitted twice, or ends
        while it is not known whether it began, may have any.
        """
        if not run.begun_again and not _may_have_begun(run):
            return
        try:
            found = self.providers[run.kind].find(run)
        except ProviderError as error:
            self.logger.warning("orphans not listed", extra={"run_id": run.run_id, "reason": str(error)})
            return
        for provider_id in found:
            if provider_id != run.provider_id:
                self.disown(run, 1, provider_id)


def _may_have_begun(run: Run) -> bool:
    """Say whether the first turn was submitted and nobody wrote down what became of it.

    Its claim was never given back; or, where a thread is there, the claim was, as the thread tells the rest.
    """
    return run.submitting_turn == 1 and (run.submitting_until is not None or run.provider_id is not None)


def unanswered(error: ProviderError) -> Unanswered:
    """Say what the provider did instead of what it was asked."""
    match error:
        case NotKnownError():
            return TurnNotKnown()
        case ProviderBusyError():
            return ProviderBusy(str(error), error.retry_after_seconds)
        case TooEarlyError():
            return TooEarly(Failure(error.code, error.message))
        case ProviderRefusedError():
            return ProviderRefused(Failure(error.code, error.message))
        case AnswerLostError():
            return AnswerLost()
        case _:
            raise error

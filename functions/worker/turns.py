"""Turns of a run: begun once, found again when an answer was lost, and looked at."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit
from contracts import instant
from contracts.catalog import CatalogEntry
from contracts.errors import (
    AnswerLostError,
    ProviderBusyError,
    ProviderError,
    StaleReadError,
)
from contracts.lasting_errors import will_stay
from contracts.measures import count
from contracts.payloads import PayloadBucket
from contracts.records import Run
from contracts.status import Kind

from functions.worker.announcements import Announcements
from functions.worker.calls import Calls
from functions.worker.checks import Checks
from functions.worker.core.observation import (
    AnswerLost,
    GateClosed,
    TurnSeen,
    Unanswered,
)
from functions.worker.core.steps import SubmitTurn
from functions.worker.gate import Gates
from functions.worker.orphans import Orphans, may_have_begun
from functions.worker.providers.provider import Provider, Submission
from functions.worker.run_store import RunStore
from functions.worker.unanswered import unanswered

SUBMISSION_LEASE = timedelta(seconds=75)
"""A submission older than this was lost: a worker lives less long."""

LOST_LEASES = (timedelta(seconds=45), timedelta(seconds=900))
"""How long a turn whose create had no answer is waited for: the first time, and after that.

It may be at work, and its webhook tells; another create may be another one to pay for.
"""

BUSY_SECONDS = 2
"""How long the gate closes when the provider does not say how long."""

TWICE = "another call under the id of one of this turn"

MAX_WRITES = 5
"""After losing this many races with checks and cancels, what came of a submission is left to its webhook."""

NO_SUBMISSION = {
    "submitting_turn": None,
    "submitting_by": None,
    "submitting_until": None,
    "answers_lost": None,
}


@dataclass(frozen=True, slots=True)
class Turns:
    """Begins turns at the provider.

    Attributes:
        owner: Names in claims who looks at a record: nobody else at that moment has the same.
    """

    store: RunStore
    payloads: PayloadBucket
    providers: Mapping[Kind, Provider]
    gates: Gates
    catalog: Mapping[str, CatalogEntry]
    calls: Calls
    checks: Checks
    orphans: Orphans
    announcements: Announcements
    owner: Callable[[], str]
    metrics: Metrics

    def look(self, run: Run, says: str | None = None) -> TurnSeen | Unanswered:
        """Ask the provider how the run's current turn stands.

        Args:
            says: The last word of the type of the webhook that woke us.
        """
        assert run.provider_id is not None, "a turn in progress has its id"  # noqa: S101
        if seconds := self._seconds_closed(run):
            return self._gate_closed(run, seconds)
        try:
            seen = self.providers[run.kind].look(run.provider_id, says)
        except ProviderError as error:
            return self._unanswered(run, error)
        self.gates.hear(self.providers[run.kind].gate)
        return self._without_recorded(run, seen) if seen.status == "requires_action" and seen.calls else seen

    def _without_recorded(self, run: Run, seen: TurnSeen) -> TurnSeen:
        """Tell the calls that a turn asks for from those it asked for before, which it may show still.

        Calls of a turn that is still in progress were too many for one transaction, and their run's did not
        follow; they are recorded again.
        """
        left_of = run.turn if run.status == "in_progress" else None
        records = [call for call in self.store.all_calls(run.run_id) if call.turn != left_of]
        asked = [(call, self.calls.recorded_as(call, records)) for call in seen.calls]
        unrecorded = tuple(call for call, record in asked if record is None)
        ids = {call.call_id for call in records if call.turn == run.turn}
        clash = (TWICE,) if any(call.call_id in ids for call in unrecorded) else ()
        return replace(
            seen,
            calls=unrecorded,
            recorded=tuple(record for _, record in asked if record is not None),
            unanswerable=(*seen.unanswerable, *clash),
        )

    def _seconds_closed(self, run: Run) -> int:
        return self.gates.seconds_closed(self.providers[run.kind].gate, run.run_id)

    def _gate_closed(self, run: Run, seconds: int) -> GateClosed:
        return GateClosed(seconds, self.gates.why(self.providers[run.kind].gate))

    def _unanswered(self, run: Run, error: ProviderError) -> Unanswered:
        """Say what the provider did instead; what concerns all closes the gate."""
        gate = self.providers[run.kind].gate
        is_lost = isinstance(error, AnswerLostError) or (
            isinstance(error, ProviderBusyError) and error.is_lost
        )
        if isinstance(error, ProviderBusyError | AnswerLostError) and error.is_for_all:
            self.gates.close(gate, error.retry_after_seconds or BUSY_SECONDS, str(error))
            count("GateClosed", kind=run.kind)
        elif is_lost:
            self.gates.miss(gate)
        return unanswered(error)

    def submit(self, run: Run, step: SubmitTurn) -> tuple[Run, Unanswered | None] | None:
        """Begin a turn: write the intent, create, write the acceptance; or say what the provider did instead.

        If its answer is lost, the intent stays until its lease ends: the turn's webhook may tell us its id.
        After a mistake of ours it ends at once, so that the message that comes back makes the same mistake,
        and ends the run at its last receive. A turn that was accepted is looked at at once if it is to be
        cancelled.

        Raises:
            StaleReadError: Somebody else has the run; or a call to be answered is not over.
        """
        if seconds := self._seconds_closed(run):
            return run, self._gate_closed(run, seconds)
        stored = self.store.request(run)
        submission = Submission(
            run=run,
            turn=step.turn,
            request=json.loads(self.payloads.fetch(stored.request)),
            offered=[self.catalog[name] for name in run.tools if name in self.catalog],
            answers=[self.calls.answer_to(call) for call in step.calls],
        )
        was_begun = run.submitting_turn == step.turn
        claimed = self._claim(run, step.turn)
        try:
            return self._submit(replace(submission, run=claimed), was_begun=was_begun)
        except Exception as error:
            if will_stay(error):
                self._write_as_owner(claimed, submitting_until=instant.now())
            raise

    def _submit(self, submission: Submission, *, was_begun: bool) -> tuple[Run, Unanswered | None] | None:
        run = submission.run
        try:
            run = self._prepare(run, submission)
            provider_id = self._begin(replace(submission, run=run), was_begun=was_begun)
        except ProviderError as error:
            answer = self._unanswered(run, error)
            return self._write_as_owner(run, **_given_up(run, answer)), answer
        self.gates.hear(self.providers[run.kind].gate)
        accepted = self._settle_or_disown(run, submission.turn, provider_id)
        return (accepted, None) if accepted and accepted.is_to_be_cancelled else None

    def _prepare(self, run: Run, submission: Submission) -> Run:
        """Make what the first turn needs, and keep its id before anything else may fail."""
        prepared = self.providers[run.kind].prepare(submission) if submission.turn == 1 else None
        return self._write_as_owner(run, provider_id=prepared) if prepared else run

    def _begin(self, submission: Submission, *, was_begun: bool) -> str:
        """Have the provider begin a turn, unless it did so before and the answer was lost."""
        provider = self.providers[submission.run.kind]
        if submission.turn == 1 and was_begun:
            run = submission.run
            if found := provider.find(run) or provider.find(run, by_older_marks=True):
                return found[0]
        return provider.submit(submission)

    def _claim(self, run: Run, turn: int) -> Run:
        until = instant.now() + SUBMISSION_LEASE
        again = {"begun_again": (run.begun_again or 0) + 1} if may_have_begun(run) else {}
        return self.store.advance(
            run, submitting_turn=turn, submitting_by=self.owner(), submitting_until=until, **again
        )

    def _write_as_owner(self, run: Run, **changes: Any) -> Run:  # noqa: ANN401 - any fields of a run
        """Write what comes of a submission of ours, although a check or a cancel wrote meanwhile.

        Raises:
            StaleReadError: The submission is ours no longer, or the run is over.
        """
        for _ in range(MAX_WRITES):
            try:
                return self.store.advance(run, **changes)
            except StaleReadError:
                current = self.store.run(run.run_id)
                if current is None or current.is_over or _submission(current) != _submission(run):
                    raise
                run = current
        raise StaleReadError(run.run_id)

    def _settle_or_disown(self, run: Run, turn: int, provider_id: str) -> Run | None:
        """Write that a turn was accepted; one of which a mistake keeps us, and no list tells, is stopped."""
        try:
            return self._settle(run, turn, provider_id)
        except Exception as error:
            if will_stay(error) and not self.providers[run.kind].can_list:
                self.orphans.disown(run, turn, provider_id)
            raise

    def _settle(self, run: Run, turn: int, provider_id: str) -> Run | None:
        """Write that a turn was accepted, for as long as the run awaits it, whoever writes meanwhile.

        What a run awaits is never disowned. It awaits it no longer if it is over, or has another one, which a
        webhook told of first.

        Raises:
            StaleReadError: Too many wrote meanwhile. The intent stands, and the webhook will tell.
        """
        current: Run | None = run
        for _ in range(MAX_WRITES):
            if current is None or not _awaits(current, turn) or _is_past(current, run, provider_id):
                break
            try:
                return self._accepted(current, turn, provider_id)
            except StaleReadError:
                current = self.store.run(run.run_id)
        else:
            raise StaleReadError(run.run_id)
        if current is None or current.provider_id != provider_id:
            self.orphans.disown(current or run, turn, provider_id)
        return None

    def _accepted(self, run: Run, turn: int, provider_id: str) -> Run:
        due, is_to_be_sent = self.checks.begun(run)
        started = self.store.advance(
            run,
            status="in_progress",
            turn=turn,
            provider_id=provider_id,
            turn_started_at=instant.now(),
            turn_read_at=None,
            **NO_SUBMISSION,
            **due,
        )
        if is_to_be_sent:
            self.checks.send(started)
        self.announcements.status_changed(started, run.status)
        return started

    def adopt(self, run: Run, seen: TurnSeen) -> Run:
        """Take a turn whose create's answer was lost for the run's own."""
        assert seen.run_turn is not None, "only a turn that names its number is adopted"  # noqa: S101
        self.metrics.add_metric("TurnAdopted", MetricUnit.Count, 1)
        return self._accepted(run, seen.run_turn, seen.provider_id)


def _awaits(run: Run, turn: int) -> bool:
    """Say whether a run has written down that it submits a turn, and not yet what came of it."""
    return not run.is_over and run.submitting_turn == turn


def _is_past(current: Run, claimed: Run, provider_id: str) -> bool:
    """Say whether a webhook told of a turn long ago: it has failed, and the run submits it once more."""
    return provider_id in (current.retried_turns or {}) and _submission(current) != _submission(claimed)


def _submission(run: Run) -> tuple[object, ...]:
    """Name a submission: nobody else's is the same."""
    return run.submitting_turn, run.submitting_by, run.submitting_until


def _given_up(run: Run, answer: Unanswered) -> dict[str, Any]:
    """Say what becomes of a submission that was not accepted, as changes to its run."""
    if not isinstance(answer, AnswerLost):
        return {"submitting_by": None, "submitting_until": None}
    lost = run.answers_lost or 0
    lease = LOST_LEASES[min(lost, len(LOST_LEASES) - 1)]
    return {"answers_lost": lost + 1, "submitting_until": instant.now() + lease}

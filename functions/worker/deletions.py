"""The deletion of a run that is over: at the provider first, then payloads and items, its own item last.

A client's wish stands on the run's record, so nothing of it is lost: whoever looks goes on with it, and all
of it may be done again. What has an id of the provider's is taken off the table once the provider has nothing
under that id; so a worker that dies leaves the rest to the next one.

What was under way meanwhile may leave something behind when all is done: a tool its output, a worker a
record. So there is a last pass, when whatever had begun before the tombstone stood is dead.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from contracts import instant
from contracts.error_facts import facts_of
from contracts.errors import NotKnownError, ProviderBusyError, ProviderError, RetryLaterError
from contracts.items import Item
from contracts.messages import RunMessage
from contracts.payloads import PayloadBucket
from contracts.queue import MAX_DELAY_SECONDS, Queue
from contracts.records import DeletedRun, Run, sweep_partition
from contracts.retention import retention_of
from contracts.status import Kind

from functions.worker.announcements import Announcements
from functions.worker.core.names import is_usable_id
from functions.worker.gate import Gates
from functions.worker.orphans import may_have_begun
from functions.worker.providers.provider import Provider
from functions.worker.remains import Remains, is_alias

PATIENCE = timedelta(hours=6)
"""A provider that refuses, or is down, for longer keeps nothing of ours any more; the tombstone tells."""

FIRST_WAIT_SECONDS = 30
"""When what the provider did not do is asked for again; then after as long as it was waited for already."""

UNTOLD = timedelta(hours=3)
"""How long EventBridge may have refused to hear of a run's end; then nobody tries any more."""

NOT_LISTED = "not_listed"
"""Left at the provider may be what a lost answer had begun: it lists no such thing."""

LATE_SECONDS = 900
"""Until the last pass: as long as any function of Lambda's lives."""


@dataclass(frozen=True, slots=True)
class Deletions:
    """Deletes runs."""

    remains: Remains
    payloads: PayloadBucket
    providers: Mapping[Kind, Provider]
    gates: Gates
    announcements: Announcements
    run_queue: Queue
    logger: Logger
    metrics: Metrics

    def carry_out(self, run: Run | DeletedRun) -> None:
        """Delete all there is of a run, or what has come since; later, if the provider is in trouble."""
        trouble = self._delete_at_provider(run)
        now, asked_at = instant.now(), _asked_at(run)
        is_given_up = now >= asked_at + PATIENCE
        if trouble is not None and not is_given_up:
            self.logger.warning("deletion put off", extra={"run_id": run.run_id, **facts_of(trouble)})
            asked_for = getattr(trouble, "retry_after_seconds", None) or FIRST_WAIT_SECONDS
            if isinstance(run, Run) and _expires_before(run, now + PATIENCE):
                self.remains.keep_ids(run.run_id)
            self._put_off(run, asked_for, waited=now - asked_at)
            return
        self.payloads.delete_all(run.run_id)
        if isinstance(run, Run) and (request := self.remains.request_of(run)):
            self.payloads.delete(request)
        ids = list(self._take_away_all_but_ids(run.run_id))
        match run:
            case DeletedRun():
                self._take_away(ids)
                self.remains.close(run)
            case Run() if not self._is_announced(run, now) and not is_given_up:
                self._put_off(run, FIRST_WAIT_SECONDS, waited=now - asked_at)
            case Run():
                self._take_away(ids)
                self._bury(run, _code(trouble) if trouble else _may_be_left(run, len(ids)), now)

    def _take_away_all_but_ids(self, run_id: str) -> Iterator[Item]:
        """Take items away, and give the keys of those that tell what is known to have been begun besides."""
        for key, provider_id in self.remains.of(run_id):
            if provider_id is not None and is_alias(key):
                yield key
            else:
                self.remains.take_away(key)

    def _take_away(self, keys: Sequence[Item]) -> None:
        for key in keys:
            self.remains.take_away(key)

    def is_due(self, run: DeletedRun) -> bool:
        """Say whether the last pass over a run is due."""
        return run.due_at is not None and run.due_at <= instant.now()

    def _delete_at_provider(self, run: Run | DeletedRun) -> ProviderError | None:
        """Delete what was made for a run, as far as the provider does, and say what kept it from the rest."""
        gate = self.providers[run.kind].gate
        if seconds := self.gates.seconds_closed(gate, run.run_id):
            return ProviderBusyError("the provider's gate is closed", retry_after_seconds=seconds)
        try:
            refused = [self._delete(run, provider_id, keys) for provider_id, keys in self._known(run).items()]
            refused += [self._delete(run, provider_id) for provider_id in self._found(run)]
        except ProviderError as error:
            if isinstance(error, ProviderBusyError) and error.is_for_all:
                self.gates.close(gate, error.retry_after_seconds or FIRST_WAIT_SECONDS, str(error))
            return error
        return next(filter(None, refused), None)

    def _delete(
        self, run: Run | DeletedRun, provider_id: str, keys: Sequence[Item] = ()
    ) -> ProviderError | None:
        """Delete one thing at the provider, then the items that name it; or give its refusal.

        Raises:
            ProviderBusyError: The next one would hear the same.
        """
        try:
            self.providers[run.kind].delete(provider_id, run.run_id)
        except NotKnownError:
            pass  # it is gone
        except ProviderBusyError:
            raise
        except ProviderError as error:
            return error
        for key in keys:
            if not is_alias(key):  # they tell how much of what was begun twice is known
                self.remains.take_away(key)
        return None

    def _known(self, run: Run | DeletedRun) -> Mapping[str, Sequence[Item]]:
        """Give the provider's ids on record, each with the keys of the items that can go when it is gone."""
        keys_of: dict[str, list[Item]] = {}
        for key, provider_id in self.remains.of(run.run_id):
            if provider_id is not None:
                keys_of.setdefault(provider_id, []).append(key)
        if isinstance(run, Run):
            for provider_id in (*(run.retried_turns or ()), *filter(None, [run.provider_id])):
                keys_of.setdefault(provider_id, [])
        return {provider_id: keys for provider_id, keys in keys_of.items() if is_usable_id(provider_id)}

    def _found(self, run: Run | DeletedRun) -> Sequence[str]:
        """List what may have been begun without our hearing of it.

        Raises:
            ProviderError: It could not be listed.
        """
        if isinstance(run, Run) and (run.begun_again or may_have_begun(run)):
            return self.providers[run.kind].find(run)
        return ()

    def take_late(self, left: DeletedRun, provider_id: str) -> None:
        """Delete at the provider what a webhook has told of after a run was deleted.

        Raises:
            RetryLaterError: The message must come back.
        """
        try:
            refused = self._delete(left, provider_id)
        except ProviderBusyError as busy:
            raise RetryLaterError("the provider is busy", delay_seconds=FIRST_WAIT_SECONDS) from busy
        facts = facts_of(refused) if refused else {}
        self.logger.info("late turn deleted", extra={"run_id": left.run_id, **facts})

    def _is_announced(self, run: Run, now: datetime) -> bool:
        """Tell the world that a run is deleted, and before that of its end, unless that was told for sure."""
        is_young = run.ended_at is not None and now - run.ended_at < UNTOLD
        is_told = not is_young or self.announcements.status_changed(run, None)
        return is_told and self.announcements.run_deleted(run)

    def _put_off(self, run: Run | DeletedRun, seconds: int, *, waited: timedelta) -> None:
        """Go on after so many seconds, or after as long as it has been waited already."""
        delay_seconds = min(max(seconds, int(waited.total_seconds())), MAX_DELAY_SECONDS)
        self.remains.put_off(run, instant.now() + timedelta(seconds=delay_seconds))
        self.run_queue.send(RunMessage(run.run_id, "delete"), delay_seconds=delay_seconds)

    def _bury(self, run: Run, provider_left: str | None, now: datetime) -> None:
        """Leave a tombstone, and have somebody come back for what is late."""
        left = DeletedRun(
            run_id=run.run_id,
            kind=run.kind,
            created_at=run.created_at,
            deleted_at=now,
            ended_at=run.ended_at,
            provider_left=provider_left,
            due_at=now + timedelta(seconds=LATE_SECONDS),
            sweep=sweep_partition(run.run_id),
        )
        self.remains.bury_request(run, now)
        if not self.remains.bury(run, left):
            return
        self.logger.info("run deleted", extra={"run_id": run.run_id, "provider_left": left.provider_left})
        self.metrics.add_metric("RunDeleted", MetricUnit.Count, 1)
        self.run_queue.send(RunMessage(run.run_id, "delete"), delay_seconds=LATE_SECONDS)


def _expires_before(run: Run, moment: datetime) -> bool:
    end = retention_of(run).end(run.deadline_at)
    return end is not None and end < moment


def _asked_at(run: Run | DeletedRun) -> datetime:
    asked_at = run.deletion_requested_at if isinstance(run, Run) else run.deleted_at
    assert asked_at is not None, "a run is deleted because somebody asked for it"  # noqa: S101
    return asked_at


def _may_be_left(run: Run, others: int) -> str | None:
    """Say that what a lost answer had begun may be at the provider still, if nothing told us what that was.

    Args:
        others: How much is known to have been begun besides.
    """
    is_listed = run.kind != "response"
    return None if is_listed or (run.begun_again or 0) <= others else NOT_LISTED


def _code(trouble: ProviderError) -> str:
    return getattr(trouble, "code", None) or "unavailable"

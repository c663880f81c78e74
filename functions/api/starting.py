"""Starting a run: write it down, then have the worker look at it."""

import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError
from contracts import instant
from contracts.messages import RunMessage
from contracts.outside_json import compact
from contracts.payloads import PayloadBucket
from contracts.queue import Queue
from contracts.records import KEYED, Run, RunRequest, is_keyed, sweep_partition
from contracts.retention import Retention
from contracts.trace_context import SpanContext
from ulid import ULID

from functions.api.deleted import RunDeletedError
from functions.api.inputs import StartRun
from functions.api.problems import ProblemError
from functions.api.run_store import RunStore

START_IS_DUE = timedelta(seconds=30)
"""A run that nobody has begun by then, because telling the worker failed, is found by the sweeper.

The first check of a turn comes as long after its begin, by default: so the worker leaves it as it is.
"""

YOUNGER = frozenset({"subject"})
"""Fields that 0.1 had not: left out, they make no other body of one that was sent to it."""


@dataclass(frozen=True, slots=True)
class Starter:
    """Starts runs."""

    store: RunStore
    payloads: PayloadBucket
    run_queue: Queue
    logger: Logger

    def start(self, wanted: StartRun, *, idempotency_key: str | None, traceparent: str | None = None) -> Run:
        """Start a run, or give the one that the same key and body started before.

        The request is written first and is the idempotency record too. Each write is harmless when repeated,
        so a client that retries after any failure ends up with one run that was started.

        Args:
            traceparent: The span that the run is a part of; one that breaks W3C's rules is passed over.

        Raises:
            ProblemError: 409; the key was used with another body.
            RunDeletedError: It was used for a run that is deleted, or is to be.
            QueueUnavailableError: The run is written down but nobody was told; retry with the same key.
        """
        now = instant.now()
        run_id = f"run_{ULID.from_datetime(now)}"
        self.logger.append_keys(run_id=run_id)
        request = self._request(wanted, run_id, idempotency_key)
        run = self._written(wanted, request, now, SpanContext.read(traceparent))
        if run.status == "queued":
            self.run_queue.send(RunMessage(run.run_id, "created"))
        return run

    def _written(
        self, wanted: StartRun, request: RunRequest, now: datetime, parent: SpanContext | None
    ) -> Run:
        """Write a run down, or give the one that its key stands for; if neither, no text is left."""
        try:
            stored = self._stored(wanted, request, now)
            return self.store.create_run(_run(wanted, stored, now, parent, self.store.retention))
        except RunDeletedError:
            self.payloads.delete(request.request)
            raise
        except (BotoCoreError, ClientError):
            if not is_keyed(request.request_key):  # whoever has a key sends the same again
                with suppress(BotoCoreError, ClientError):  # what is left then expires
                    self._forget(request)
            raise

    def _stored(self, wanted: StartRun, request: RunRequest, now: datetime) -> RunRequest:
        """Write a request down, or give the one that its key stands for, and keep no text beside that."""
        deadline_at = _deadline(wanted, now)
        stored = self.store.create_request(request, subject=wanted.subject, deadline_at=deadline_at, now=now)
        self.logger.append_keys(run_id=stored.run_id)
        if stored.request != request.request:
            self.payloads.delete(request.request)
        if stored.fingerprint != request.fingerprint:
            raise ProblemError(HTTPStatus.CONFLICT, "the Idempotency-Key was used with another body")
        return stored

    def _forget(self, request: RunRequest) -> None:
        if self.store.run(request.run_id) is None:
            self.store.forget_request(request)
            self.payloads.delete(request.request)

    def _request(self, wanted: StartRun, run_id: str, idempotency_key: str | None) -> RunRequest:
        fingerprint = _fingerprint(wanted)
        if idempotency_key is None:
            request_key, place = f"request#{run_id}", f"{run_id}/request"
        else:
            key = hashlib.sha256(idempotency_key.encode()).hexdigest()
            # One place, however often the same is sent.
            request_key, place = f"{KEYED}{key}", f"request/{key}/{fingerprint}"
        request = self.payloads.store(place, compact(wanted.create_body))
        return RunRequest(request_key=request_key, run_id=run_id, fingerprint=fingerprint, request=request)


def _fingerprint(wanted: StartRun) -> str:
    """Name a body, with its defaults written out, as the versions before this one and after it do."""
    body = json.loads(wanted.model_dump_json())
    known = {name: value for name, value in body.items() if name not in YOUNGER or value is not None}
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()


def _deadline(wanted: StartRun, now: datetime) -> datetime:
    return now + timedelta(seconds=wanted.deadline_seconds)


def _run(
    wanted: StartRun, stored: RunRequest, now: datetime, parent: SpanContext | None, retention: Retention
) -> Run:
    """Make a run's record; one whose request was written before, and not the run, is as old as its id."""
    created_at = ULID.from_str(stored.run_id.removeprefix("run_")).datetime
    return Run(
        run_id=stored.run_id,
        kind=wanted.kind,
        status="queued",
        request_key=stored.request_key,
        tools=tuple(dict.fromkeys(wanted.tools)),
        metadata=wanted.all_metadata,
        created_at=created_at,
        updated_at=created_at,
        deadline_at=_deadline(wanted, now),
        max_turns=wanted.max_turns,
        call_count=0,
        due_at=now + START_IS_DUE,
        traceparent=str(parent) if parent else None,
        sweep=sweep_partition(stored.run_id),
        subject=wanted.subject,
        retention_days=retention.days or None,
    )

"""Starting a run: write it down, then have the worker look at it."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus

from contracts import instant
from contracts.messages import RunMessage
from contracts.payloads import PayloadBucket
from contracts.queue import Queue
from contracts.records import Run, RunRequest, sweep_partition
from ulid import ULID

from functions.api.deleted import RunDeletedError
from functions.api.inputs import StartRun
from functions.api.problems import ProblemError
from functions.api.run_store import RunStore

START_IS_DUE = timedelta(seconds=30)
"""A run that nobody has begun by then, because telling the worker failed, is found by the sweeper."""


@dataclass(frozen=True, slots=True)
class Starter:
    """Starts runs."""

    store: RunStore
    payloads: PayloadBucket
    run_queue: Queue

    def start(self, wanted: StartRun, *, idempotency_key: str | None) -> Run:
        """Start a run, or give the one that the same key and body started before.

        The request is written first and is the idempotency record too. Each write is harmless when repeated,
        so a client that retries after any failure ends up with one run that was started.

        Raises:
            ProblemError: 409; the key was used with another body.
            RunDeletedError: It was used for a run that is deleted, or is to be.
            QueueUnavailableError: The run is written down but nobody was told; retry with the same key.
        """
        now = instant.now()
        request = self._request(wanted, f"run_{ULID()}", idempotency_key)
        stored = self._stored(request, _deadline(wanted, now), now)
        if stored.fingerprint != request.fingerprint:
            raise ProblemError(HTTPStatus.CONFLICT, "the Idempotency-Key was used with another body")
        run = self.store.create_run(_run(wanted, stored, now))
        if run.status == "queued":
            self.run_queue.send(RunMessage(run.run_id, "created"))
        return run

    def _stored(self, request: RunRequest, deadline_at: datetime, now: datetime) -> RunRequest:
        """Write a request down, or give the one that its key stands for, and keep no text beside that."""
        try:
            stored = self.store.create_request(request, deadline_at=deadline_at, now=now)
        except RunDeletedError:
            self.payloads.delete(request.request)
            raise
        if stored.run_id != request.run_id:
            self.payloads.delete(request.request)
        return stored

    def _request(self, wanted: StartRun, run_id: str, idempotency_key: str | None) -> RunRequest:
        body = wanted.model_dump_json()
        fingerprint = hashlib.sha256(json.dumps(json.loads(body), sort_keys=True).encode()).hexdigest()
        if idempotency_key is None:
            request_key = f"request#{run_id}"
        else:
            request_key = f"idempotency#{hashlib.sha256(idempotency_key.encode()).hexdigest()}"
        request = self.payloads.store(f"{run_id}/request", json.dumps(wanted.create_body))
        return RunRequest(request_key=request_key, run_id=run_id, fingerprint=fingerprint, request=request)


def _deadline(wanted: StartRun, now: datetime) -> datetime:
    return now + timedelta(seconds=wanted.deadline_seconds)


def _run(wanted: StartRun, stored: RunRequest, now: datetime) -> Run:
    return Run(
        run_id=stored.run_id,
        kind=wanted.kind,
        status="queued",
        request_key=stored.request_key,
        tools=tuple(dict.fromkeys(wanted.tools)),
        metadata=wanted.all_metadata,
        created_at=now,
        updated_at=now,
        deadline_at=_deadline(wanted, now),
        max_turns=wanted.max_turns,
        due_at=now + START_IS_DUE,
        sweep=sweep_partition(stored.run_id),
    )

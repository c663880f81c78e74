"""Deleting a run: the wish is written down, then the worker is told; it takes everything away."""

from dataclasses import dataclass
from http import HTTPStatus

from contracts import instant
from contracts.messages import RunMessage
from contracts.queue import Queue

from functions.api.deleted import RunDeletedError
from functions.api.models import DeletionView
from functions.api.problems import ProblemError
from functions.api.run_store import RunStore


@dataclass(frozen=True, slots=True)
class Deleter:
    """Writes down that runs are to be deleted."""

    store: RunStore
    run_queue: Queue

    def delete(self, run_id: str) -> DeletionView:
        """Have a run deleted; once more changes nothing, but the worker is told again until it is done.

        Raises:
            ProblemError: 404; 409, the run is open.
            UnreadableItemError: The run's own record, which says what else there is of it, cannot be read.
            QueueUnavailableError: The wish is written down but nobody was told; repeat it.
        """
        try:
            run = self.store.request_deletion(run_id, instant.now())
        except RunDeletedError as deleted:
            if deleted.deleted_at is not None:
                return DeletionView(run_id=run_id, deleted_at=deleted.deleted_at)
        else:
            if run is None:
                raise ProblemError(HTTPStatus.NOT_FOUND, f"there is no run {run_id}")
            if not run.is_over:
                words = f"the run is {run.status}: cancel it first"
                raise ProblemError(HTTPStatus.CONFLICT, words)
        self.run_queue.send(RunMessage(run_id, "delete"))
        return DeletionView(run_id=run_id)

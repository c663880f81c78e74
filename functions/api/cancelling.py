"""Cancelling a run: the wish is written down, then the worker is told; every look at the run sees it, too."""

from dataclasses import dataclass
from http import HTTPStatus

from contracts import instant
from contracts.messages import RunMessage
from contracts.queue import Queue
from contracts.records import Run

from functions.api.caller import Caller
from functions.api.problems import ProblemError
from functions.api.run_store import RunStore


@dataclass(frozen=True, slots=True)
class Canceller:
    """Writes down that runs are to be cancelled."""

    store: RunStore
    run_queue: Queue

    def cancel(self, run_id: str, by: Caller | None) -> Run:
        """Have a run cancelled; once more changes nothing, but the worker is told again.

        Raises:
            ProblemError: 404; 409, the run has ended otherwise.
            UnreadableItemError: The run's own record cannot be read, and nothing is written.
            QueueUnavailableError: The wish is written down but nobody was told; repeat it.
        """
        run = self.store.request_cancel(run_id, instant.now(), by)
        if run is None:
            raise ProblemError(HTTPStatus.NOT_FOUND, f"there is no run {run_id}")
        if not run.is_over:
            self.run_queue.send(RunMessage(run_id, "cancel"))
        elif run.status != "cancelled":
            raise ProblemError(HTTPStatus.CONFLICT, f"the run has ended already: it is {run.status}")
        return run

"""`Runrelay`: the client that waits for each answer."""

import os
import random
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self, Unpack

import httpx2

from runrelay.client import answers, operations
from runrelay.client.connection import Connection, Limit, Send, UnreadableRuns, noted
from runrelay.client.errors import UnavailableError, WaitTimeoutError
from runrelay.client.models import Call, Deletion, Run, RunSummary, Timeline
from runrelay.client.operations import MOST_ON_A_PAGE, NOT_GIVEN, ListArguments, Operation, StartArguments
from runrelay.client.places import Token, find
from runrelay.client.waiting import Patience, Until, is_enough


class Runrelay:
    """A stack's API.

    With nothing said it is the stack that `RUNRELAY_URL` or `RUNRELAY_STACK` names, else the local one here.
    """

    def __init__(  # noqa: PLR0913 - each another way to say which
        self,
        stack: str | None = None,
        *,
        directory: str | os.PathLike[str] | None = None,
        url: str | None = None,
        token: Token | None = None,
        region: str | None = None,
        max_retries: int = 4,
        http_client: httpx2.Client | None = None,
    ) -> None:
        """Find the stack; by its name, that asks CloudFormation.

        Args:
            stack: A CloudFormation stack's name.
            directory: A local stack's, in which `stack.json` is.
            url: The API's; requests are signed with the AWS credentials of the environment, unless there is
                a token or it is on this machine.
            token: Sent in place of a signature; a function is asked for it before each request.
            region: Of the stack and of signatures, if neither the environment nor the URL says it.
            max_retries: How often a request is sent again that came to nothing.
            http_client: Sends the requests, and is yours to close.

        Raises:
            NoStackError: There is none, or nothing to sign with.
        """
        place = find(stack=stack, directory=directory, url=url, token=token, region=region)
        self._connection = Connection(place, max_retries)
        self._is_own = http_client is None
        self._http = http_client or httpx2.Client(**self._connection.settings)
        self.runs = Runs(self._send)

    def close(self) -> None:
        """Close the connections."""
        if self._is_own:
            self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _send[T](self, operation: Operation[T], /, *, limit: Limit | None = None) -> T:
        retries, limit = 0, limit or Limit()
        while True:
            outcome = self._try(operation, limit)
            pause = answers.pause(outcome, retries, self._connection.max_retries, random.random)
            if pause is None or not limit.allows(pause):
                return answers.read(operation, outcome, self._connection.place)
            time.sleep(pause)
            retries += 1

    def _try(self, operation: Operation[Any], limit: Limit) -> answers.Outcome:
        timeout = limit.timeout(self._http.timeout)
        request = self._http.build_request(**self._connection.request(operation), timeout=timeout)
        try:
            return self._http.send(request, auth=self._connection.place.auth)
        except httpx2.RequestError as error:
            return error


class Runs:
    """The runs of a stack: `client.runs`.

    Each of its methods raises a `RunrelayError`, whose class says what to do next.
    """

    def __init__(self, send: Send) -> None:
        self._send = send

    def start(self, **given: Unpack[StartArguments]) -> RunSummary:
        """Start a run, once, also if the request is sent again: `start(request={...}, tools=[...])`."""
        return self._send(operations.start(**given))

    def get(self, run_id: str, *, include_request: bool = False) -> Run:
        """Get a run whole; with what was asked, if that is wanted, too."""
        return self._send(operations.get(run_id, include_request=include_request))

    def list(
        self,
        *,
        limit: int | None = None,
        on_unreadable: UnreadableRuns | None = None,
        **wanted: Unpack[ListArguments],
    ) -> Iterator[RunSummary]:
        """List runs, newest first, page by page as they are taken.

        Args:
            limit: How many at most; all, unless said otherwise.
            on_unreadable: Is told of runs whose record is damaged; else the log is.
            wanted: `status`, `kind`, `subject`, `since`, `until`: any of them.
        """
        cursor, left = None, limit
        while left is None or left > 0:
            most = MOST_ON_A_PAGE if left is None else min(MOST_ON_A_PAGE, left)
            page = self._send(operations.page(cursor, limit=most, **wanted))
            yield from noted(page.runs, on_unreadable)
            cursor, left = page.cursor, left and left - len(page.runs)
            if cursor is None:
                return

    def events(self, run_id: str) -> Timeline:
        """Get what happened to a run, in order."""
        return self._send(operations.events(run_id))

    def cancel(self, run_id: str) -> RunSummary:
        """Have a run cancelled; it ends `cancelled` a moment later."""
        return self._send(operations.cancel(run_id))

    def delete(self, run_id: str) -> Deletion:
        """Have a run that is over deleted, here and at OpenAI."""
        return self._send(operations.delete(run_id))

    def decide(self, run_id: str, call_id: str, *, approve: bool, reason: str | None = None) -> Call:
        """Say whether what a call asks for may be done; the model is told the reason of a refusal."""
        return self._send(operations.decide(run_id, call_id, approve=approve, reason=reason))

    def give_output(
        self,
        run_id: str,
        call_id: str,
        *,
        output: Any = NOT_GIVEN,  # noqa: ANN401 - any JSON
        error: str | None = None,
    ) -> Call:
        """Give the output of a call that something outside executes, or say why there is none.

        Args:
            output: A text as it is, a list of OpenAI's content parts as such, other JSON as its text.
            error: In words for the model; the call has failed.
        """
        return self._send(operations.give_output(run_id, call_id, output=output, error=error))

    def wait(self, run_id: str, *, timeout: float | None = None, until: Until | None = None) -> Run:
        """Wait until a run is over, asking Runrelay at intervals that grow to ten seconds, and never OpenAI.

        Args:
            run_id: The run's.
            timeout: The most seconds, and what a last look takes; none unless said otherwise, for every run
                ends.
            until: What ends the wait earlier: `lambda run: run.waiting_calls`.

        Raises:
            WaitTimeoutError: The run goes on; it has the run as seen last.
        """
        patience = Patience(timeout)
        run = self._look(run_id, patience, None)
        while not is_enough(run, until):
            pause = patience.pause()
            if pause is None:
                raise WaitTimeoutError(run, patience.seconds)
            time.sleep(pause)
            run = self._look(run_id, patience, run)
        return run

    def _look(self, run_id: str, patience: Patience, last: Run | None) -> Run:
        """Get a run once more, within the time that is left.

        Raises:
            WaitTimeoutError: There is none left, and no answer.
        """
        limit = Limit(patience.left)
        try:
            return self._send(operations.get(run_id), limit=limit)
        except UnavailableError as error:
            if last is None or not limit.is_reached:
                raise
            raise WaitTimeoutError(last, patience.seconds) from error

    def start_and_wait(
        self, *, timeout: float | None = None, until: Until | None = None, **given: Unpack[StartArguments]
    ) -> Run:
        """Start a run and wait until it is over: `start`, then `wait`.

        Raises:
            WaitTimeoutError: The run goes on; it has the run as seen last.
        """
        return self.wait(self.start(**given).run_id, timeout=timeout, until=until)

"""`AsyncRunrelay`: the client whose answers are awaited, under asyncio or trio."""

import os
import random
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Any, Self, Unpack

import anyio
import httpx2

from runrelay.client import answers, operations
from runrelay.client.connection import Connection, Limit, SendAsync, UnreadableRuns, noted
from runrelay.client.errors import UnavailableError, WaitTimeoutError
from runrelay.client.models import Call, Deletion, Run, RunSummary, Timeline
from runrelay.client.operations import MOST_ON_A_PAGE, NOT_GIVEN, ListArguments, Operation, StartArguments
from runrelay.client.places import Token, find
from runrelay.client.waiting import Patience, Until, is_enough


class AsyncRunrelay:
    """A stack's API, as `Runrelay` has it.

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
        http_client: httpx2.AsyncClient | None = None,
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
        self._http = http_client or httpx2.AsyncClient(**self._connection.settings)
        self.runs = AsyncRuns(self._send)

    async def close(self) -> None:
        """Close the connections."""
        if self._is_own:
            await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _send[T](self, operation: Operation[T], /, *, limit: Limit | None = None) -> T:
        retries, limit = 0, limit or Limit()
        while True:
            outcome = await self._try(operation, limit)
            pause = answers.pause(outcome, retries, self._connection.max_retries, random.random)
            if pause is None or not limit.allows(pause):
                return answers.read(operation, outcome, self._connection.place)
            await anyio.sleep(pause)
            retries += 1

    async def _try(self, operation: Operation[Any], limit: Limit) -> answers.Outcome:
        timeout = limit.timeout(self._http.timeout)
        request = self._http.build_request(**self._connection.request(operation), timeout=timeout)
        try:
            return await self._http.send(request, auth=self._connection.place.auth)
        except httpx2.RequestError as error:
            return error


class AsyncRuns:
    """The runs of a stack: `client.runs`.

    Each of its methods raises a `RunrelayError`, whose class says what to do next.
    """

    def __init__(self, send: SendAsync) -> None:
        self._send = send

    async def start(self, **given: Unpack[StartArguments]) -> RunSummary:
        """Start a run, once, also if the request is sent again: `start(request={...}, tools=[...])`."""
        return await self._send(operations.start(**given))

    async def get(self, run_id: str, *, include_request: bool = False) -> Run:
        """Get a run whole; with what was asked, if that is wanted, too."""
        return await self._send(operations.get(run_id, include_request=include_request))

    async def list(
        self,
        *,
        limit: int | None = None,
        on_unreadable: UnreadableRuns | None = None,
        **wanted: Unpack[ListArguments],
    ) -> AsyncIterator[RunSummary]:
        """List runs, newest first, page by page as they are taken: `async for run in client.runs.list()`.

        Args:
            limit: How many at most; all, unless said otherwise.
            on_unreadable: Is told of runs whose record is damaged; else the log is.
            wanted: `status`, `kind`, `subject`, `since`, `until`: any of them.
        """
        cursor, left = None, limit
        while left is None or left > 0:
            most = MOST_ON_A_PAGE if left is None else min(MOST_ON_A_PAGE, left)
            page = await self._send(operations.page(cursor, limit=most, **wanted))
            for run in noted(page.runs, on_unreadable):
                yield run
            cursor, left = page.cursor, left and left - len(page.runs)
            if cursor is None:
                return

    async def events(self, run_id: str) -> Timeline:
        """Get what happened to a run, in order."""
        return await self._send(operations.events(run_id))

    async def cancel(self, run_id: str) -> RunSummary:
        """Have a run cancelled; it ends `cancelled` a moment later."""
        return await self._send(operations.cancel(run_id))

    async def delete(self, run_id: str) -> Deletion:
        """Have a run that is over deleted, here and at OpenAI."""
        return await self._send(operations.delete(run_id))

    async def decide(self, run_id: str, call_id: str, *, approve: bool, reason: str | None = None) -> Call:
        """Say whether what a call asks for may be done; the model is told the reason of a refusal."""
        return await self._send(operations.decide(run_id, call_id, approve=approve, reason=reason))

    async def give_output(
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
        return await self._send(operations.give_output(run_id, call_id, output=output, error=error))

    async def wait(
        self,
        run_id: str,
        *,
        timeout: float | None = None,  # noqa: ASYNC109 - it raises with the run as seen last
        until: Until | None = None,
    ) -> Run:
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
        run = await self._look(run_id, patience, None)
        while not is_enough(run, until):
            pause = patience.pause()
            if pause is None:
                raise WaitTimeoutError(run, patience.seconds)
            await anyio.sleep(pause)
            run = await self._look(run_id, patience, run)
        return run

    async def _look(self, run_id: str, patience: Patience, last: Run | None) -> Run:
        """Get a run once more, within the time that is left.

        Raises:
            WaitTimeoutError: There is none left, and no answer.
        """
        limit = Limit(patience.left)
        try:
            return await self._send(operations.get(run_id), limit=limit)
        except UnavailableError as error:
            if last is None or not limit.is_reached:
                raise
            raise WaitTimeoutError(last, patience.seconds) from error

    async def start_and_wait(
        self,
        *,
        timeout: float | None = None,  # noqa: ASYNC109 - as above
        until: Until | None = None,
        **given: Unpack[StartArguments],
    ) -> Run:
        """Start a run and wait until it is over: `start`, then `wait`.

        Raises:
            WaitTimeoutError: The run goes on; it has the run as seen last.
        """
        started = await self.start(**given)
        return await self.wait(started.run_id, timeout=timeout, until=until)

"""The inbox: calls that wait for a person, or for an output from outside, with one request a look."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from runrelay.client.errors import DeletedError, NotFoundError, UnreadableRunError
from runrelay.client.models import Call, Run, RunSummary
from runrelay.console.api import Api
from runrelay.console.list_view import Filter
from runrelay.console.view import Query, Seen

MOST_RUNS: Final = 50
AT_ONCE: Final = 8


@dataclass(frozen=True, slots=True)
class Waiting:
    """A call that waits, and its run."""

    run: Run
    call: Call


class InboxView:
    """The calls of all runs that wait, those that are closed soonest first."""

    template = "inbox.html"

    def __init__(self, api: Api, query: Query) -> None:
        self._api = api
        self._filter = Filter.of({"status": "requires_action", "subject": query.get("subject", "")})
        self._runs: dict[str, Run] = {}
        self._looks = 0
        self._few = asyncio.Semaphore(AT_ONCE)
        self._is_more = False

    async def look(self) -> Seen:
        """Read the runs that wait, and each that has changed; or, by turns, one of them anew.

        Raises:
            RunrelayError: They cannot be read.
        """
        self._looks += 1
        if self._runs and self._looks % 2 == 0:
            await self._read(self._oldest_read())
        else:
            await self._list()
        runs = sorted(self._runs.values(), key=lambda run: run.run_id)
        waiting = [Waiting(run, call) for run in runs for call in run.waiting_calls]
        waiting.sort(key=_closes_at)
        return Seen(
            context={"waiting": waiting, "filter": self._filter, "is_more": self._is_more},
            facts=(waiting, self._is_more),
        )

    async def _list(self) -> None:
        page = await self._api.page(None, limit=MOST_RUNS, **self._filter.wanted())
        self._is_more = page.cursor is not None
        listed = {run.run_id: run for run in page.runs if isinstance(run, RunSummary)}
        self._runs = {run_id: run for run_id, run in self._runs.items() if run_id in listed}
        changed = [run_id for run_id, run in listed.items() if not self._is_known(run)]
        await asyncio.gather(*map(self._read_with_others, changed))

    def _is_known(self, run: RunSummary) -> bool:
        known = self._runs.get(run.run_id)
        return known is not None and known.updated_at == run.updated_at

    async def _read_with_others(self, run_id: str) -> None:
        async with self._few:
            await self._read(run_id)

    async def _read(self, run_id: str) -> None:
        self._runs.pop(run_id, None)
        try:
            self._runs[run_id] = await self._api.runs.get(run_id)
        except (NotFoundError, DeletedError, UnreadableRunError):
            return  # gone since it was listed, or nothing can be decided of it

    def _oldest_read(self) -> str:
        """Name the run that was read the longest ago: reading puts it last."""
        return next(iter(self._runs))


def _closes_at(waiting: Waiting) -> datetime:
    return waiting.call.wait_until or waiting.run.deadline

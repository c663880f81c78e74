"""What both clients send alike."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from math import inf
from typing import Any, Final, Protocol

import httpx2

from runrelay.client.models import RunSummary, UnreadableRun
from runrelay.client.operations import Operation
from runrelay.client.places import Place

TIMEOUT: Final = httpx2.Timeout(35, connect=5)
"""Seconds; API Gateway gives up after 30."""

SHORTEST_TRY: Final = 5.0
"""Seconds that a try is given at least, so that a wait whose time is up looks once more."""

type UnreadableRuns = Callable[[UnreadableRun], object]


class Send(Protocol):
    """Sends what is asked for, and gives what is answered; within a limit, if one is given."""

    def __call__[T](self, operation: Operation[T], /, *, limit: "Limit | None" = None) -> T: ...


class SendAsync(Protocol):
    """Does the same, and is awaited."""

    async def __call__[T](self, operation: Operation[T], /, *, limit: "Limit | None" = None) -> T: ...


class Limit:
    """How long all tries of one operation may take."""

    def __init__(self, seconds: float = inf) -> None:
        self._ends_at = time.monotonic() + seconds
        self._has_refused = False

    def allows(self, pause: float) -> bool:
        """Say whether there is time for another try after a pause."""
        is_time = time.monotonic() + pause <= self._ends_at
        self._has_refused |= not is_time
        return is_time

    @property
    def is_reached(self) -> bool:
        """Whether with more time there would have been another try, or a longer one."""
        return self._has_refused or time.monotonic() >= self._ends_at

    def timeout(self, usual: httpx2.Timeout) -> httpx2.Timeout:
        """Give the timeout of a try: the usual one, or what is left, but enough for an answer."""
        most = max(self._ends_at - time.monotonic(), SHORTEST_TRY)
        if most == inf:
            return usual
        parts: dict[str, float | None] = usual.as_dict()
        return httpx2.Timeout(
            **{name: most if part is None else min(part, most) for name, part in parts.items()}
        )


_logger = logging.getLogger("runrelay")


@dataclass(frozen=True, slots=True)
class Connection:
    """A place, and how often to try."""

    place: Place
    max_retries: int

    @property
    def settings(self) -> dict[str, Any]:
        """What an HTTP client of our own is made with."""
        return {"timeout": TIMEOUT, "trust_env": not self.place.is_here}

    def request(self, operation: Operation[Any]) -> dict[str, Any]:
        """Say what to build a request of, for each try anew: its signature has the time in it."""
        content = {} if operation.body is None else {"content-type": "application/json"}
        headers = {"accept": "application/json", "user-agent": "runrelay-python", **self.place.headers}
        return {
            "method": operation.method,
            "url": self.place.url.rstrip("/") + operation.path,
            "headers": {**headers, **content, **operation.headers},
            "content": operation.body,
        }


def noted(
    runs: Iterable[RunSummary | UnreadableRun], on_unreadable: UnreadableRuns | None
) -> Iterator[RunSummary]:
    """Give those that can be read, and tell of the others."""
    for run in runs:
        if isinstance(run, RunSummary):
            yield run
        elif on_unreadable:
            on_unreadable(run)
        else:
            _logger.warning("run %s was passed over: its record cannot be read", run.run_id)

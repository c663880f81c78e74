"""What polling would have cost: the requests a client would have made to see runs end.

Arithmetic over the simulator's own clock: `GET /_sim/resources` says when each resource was created and when
it ended. A poller is told the id by the create's answer, waits, asks, and goes on until the answer is an end.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Polling:
    """A way of polling.

    Attributes:
        first_seconds: The wait before the first request.
        factor: How much longer each wait is than the one before.
        most_seconds: No wait is longer.
    """

    name: str
    first_seconds: float
    factor: float
    most_seconds: float

    def requests(self, seconds: float) -> int:
        """Count the requests until one comes after so many seconds; that one sees the end."""
        return next(count for count, at in enumerate(self._moments(), start=1) if at >= seconds)

    def delay(self, seconds: float) -> float:
        """Count the seconds between the end and the request that sees it."""
        return next(at for at in self._moments() if at >= seconds) - seconds

    def _moments(self) -> Iterator[float]:
        at, wait = 0.0, self.first_seconds
        while True:
            at += wait
            yield at
            wait = min(wait * self.factor, self.most_seconds)


EACH_SECOND = Polling("each second", first_seconds=1, factor=1, most_seconds=1)
WITH_BACKOFF = Polling("0.5 s x 1.5, at most 5 s", first_seconds=0.5, factor=1.5, most_seconds=5)


def durations(resources: Iterable[Mapping[str, Any]]) -> list[float]:
    """Say how long each resource that ended took, in seconds."""
    return [each["ended_at"] - each["created_at"] for each in resources if each["ended_at"] is not None]


def requests_by_polling(polling: Polling, resources: Iterable[Mapping[str, Any]]) -> int:
    """Count the requests that polling each of these resources to its end would have made."""
    return sum(polling.requests(seconds) for seconds in durations(resources))

"""When to look at a run again: soon at first, then at ever longer intervals, and once more as time is up."""

import random
import time
from collections.abc import Callable
from typing import Final

from runrelay.client.models import Run

FIRST_SECONDS: Final = 0.4
LONGEST_SECONDS: Final = 10.0
GROWTH: Final = 1.5

type Until = Callable[[Run], object]


class Patience:
    """The looks of one wait."""

    def __init__(
        self,
        timeout_seconds: float | None,
        *,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._clock = clock
        self._chance = chance
        self._ends_at = None if timeout_seconds is None else clock() + timeout_seconds
        self._next = FIRST_SECONDS

    def pause(self) -> float | None:
        """Give the seconds until the next look; None if the time is up."""
        seconds = self._next * (1 + self._chance()) / 2
        self._next = min(LONGEST_SECONDS, self._next * GROWTH)
        if self._ends_at is None:
            return seconds
        left = self._ends_at - self._clock()
        return min(seconds, left) if left > 0 else None


def is_enough(run: Run, until: Until | None) -> bool:
    """Say whether a wait is over; once a run is, nothing else can come."""
    return run.is_over or (until is not None and bool(until(run)))

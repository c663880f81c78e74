"""When to look at a run again: soon at first, then at ever longer intervals, and once more as time is up."""

import inspect
import random
import time
from collections.abc import Callable
from math import inf
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
        self.seconds = inf if timeout_seconds is None else timeout_seconds
        self._ends_at = clock() + self.seconds
        self._next = FIRST_SECONDS

    def pause(self) -> float | None:
        """Give the seconds until the next look; None if the time is up."""
        seconds = self._next * (1 + self._chance()) / 2
        self._next = min(LONGEST_SECONDS, self._next * GROWTH)
        return None if self.is_over else min(seconds, self.left)

    @property
    def left(self) -> float:
        """The seconds that are left of the timeout; infinite, if there is none."""
        return self._ends_at - self._clock()

    @property
    def is_over(self) -> bool:
        """Whether the time is up."""
        return self.left <= 0


def is_enough(run: Run, until: Until | None) -> bool:
    """Say whether a wait is over; once a run is, nothing else can come.

    Raises:
        TypeError: What `until` gives is to be awaited, and would be true whatever it comes to.
    """
    if run.is_over or until is None:
        return run.is_over
    answer = until(run)
    if inspect.isawaitable(answer):
        if inspect.iscoroutine(answer):
            answer.close()
        raise TypeError("until is no async function: it says at once whether it is enough")
    return bool(answer)

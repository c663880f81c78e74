"""How often a client would have asked, had it polled: arithmetic on how long each turn really took."""

from collections.abc import Iterable, Iterator
from itertools import count, repeat
from typing import Final

BACKOFF_FIRST_SECONDS: Final = 0.5
BACKOFF_FACTOR: Final = 1.5
BACKOFF_LONGEST_SECONDS: Final = 5.0


def every_second() -> Iterator[float]:
    """Wait a second before each look."""
    return repeat(1.0)


def with_backoff() -> Iterator[float]:
    """Wait half a second, then half as long again each time, at most five seconds."""
    waits = (BACKOFF_FIRST_SECONDS * BACKOFF_FACTOR**look for look in count())
    return (min(wait, BACKOFF_LONGEST_SECONDS) for wait in waits)


def requests_for(turn_seconds: float, waits: Iterable[float]) -> int:
    """Count the requests for one turn: its create, and each look until one finds it over."""
    elapsed = 0.0
    for looks, wait in enumerate(waits, start=1):
        elapsed += wait
        if elapsed >= turn_seconds:
            return 1 + looks
    raise ValueError("these waits end before the turn does")

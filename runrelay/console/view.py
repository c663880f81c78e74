"""What a page shows, and how it is looked at again: the same for its first paint and what changes after."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final, Protocol

from runrelay.client.errors import RunrelayError
from runrelay.client.models import RunSummary
from runrelay.command_line import CommandError

AT_WORK: Final = frozenset({"queued", "in_progress", "cancelling"})
RECENT: Final = timedelta(seconds=30)

type Query = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Seen:
    """One look.

    Attributes:
        facts: What the page is made of; another digest of them is a change.
        is_moving: Whether more is to be expected soon.
        is_over: Whether nothing can change any more.
        look_again_seconds: When to look again, whatever the pace.
    """

    context: Mapping[str, Any]
    facts: object
    is_moving: bool = False
    is_over: bool = False
    look_again_seconds: float | None = None
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "digest", sha256(repr(self.facts).encode()).hexdigest()[:16])


class View(Protocol):
    """One page."""

    template: str

    async def look(self) -> Seen:
        """Read what is to be shown.

        Raises:
            RunrelayError, CommandError: It cannot be read.
        """
        ...


type Looked = Seen | RunrelayError | CommandError
"""What a look came to."""


async def looked(view: View) -> Looked:
    """Look in a task of its own: what may be expected to fail is no error of one for which nobody comes."""
    try:
        return await view.look()
    except (RunrelayError, CommandError) as error:
        return error


def seen_of(look: Looked) -> Seen:
    """Give what was seen.

    Raises:
        RunrelayError, CommandError: It could not be read.
    """
    if isinstance(look, Exception):
        raise look
    return look


@dataclass(slots=True)
class Pace:
    """How long to wait between looks: briefly while something moves, or has moved just now.

    Attributes:
        clock: Gives monotonic seconds.
    """

    clock: Callable[[], float]
    _moved_at: float = field(init=False)

    def __post_init__(self) -> None:
        self._moved_at = self.clock()

    def moved(self) -> None:
        """Note a change."""
        self._moved_at = self.clock()

    def pause(self, took_seconds: float, *, is_moving: bool) -> float:
        """Say how long to wait after a look that took so long; what is brisk is so from look to look."""
        seconds = self.seconds(is_moving=is_moving)
        return seconds if seconds == SLOW_SECONDS else max(SHORTEST_PAUSE_SECONDS, seconds - took_seconds)

    def seconds(self, *, is_moving: bool) -> float:
        is_warm = self.clock() - self._moved_at < WARM_SECONDS
        return QUICK_SECONDS if is_moving or is_warm else SLOW_SECONDS


QUICK_SECONDS: Final = 1.0
SHORTEST_PAUSE_SECONDS: Final = 0.1
SLOW_SECONDS: Final = 5.0
WARM_SECONDS: Final = 30.0
"""After that long without a change, and since it was opened, a page is idle, if nothing on it is at work."""


def is_at_work(run: RunSummary, now: datetime) -> bool:
    """Whether a run may change any moment; one that waits, for people or long tools, seldom does."""
    return run.status in AT_WORK or (not run.is_over and now - run.updated_at < RECENT)

"""How much time the machine itself took: what a heartbeat that does almost nothing loses is nobody's wait."""

import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, Self

import httpx2

BEAT_SECONDS: Final = 0.5
QUICK_SECONDS: Final = 0.5
"""What a request that asks for almost nothing takes on a machine that has time for it."""


@dataclass(frozen=True, slots=True)
class Beat:
    """One heartbeat: when it was over, and how many seconds late."""

    at: datetime
    late_seconds: float


@dataclass
class Machine:
    """Beats until it is closed: sleeps a moment, and asks the API for its schema.

    The API's answer waits for a process of MiniStack's as a run's messages do, and for nothing of ours.
    """

    api_url: str
    headers: dict[str, str]
    beats: list[Beat] = field(default_factory=list)
    _is_over: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._beat, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _beat(self) -> None:
        with httpx2.Client(timeout=60, headers=self.headers, trust_env=False) as http:
            while not self._is_over.is_set():
                began = time.monotonic()
                self._is_over.wait(BEAT_SECONDS)
                try:
                    http.get(f"{self.api_url}/openapi.json")
                except httpx2.HTTPError:
                    continue  # its process may have been killed, which is no lateness
                late = time.monotonic() - began - BEAT_SECONDS - QUICK_SECONDS
                self.beats.append(Beat(datetime.now(UTC), max(0.0, late)))

    def lost_seconds(self, begin: datetime, end: datetime) -> float:
        """Count the seconds that heartbeats were late between two moments, and no more than there were."""
        late = sum(beat.late_seconds for beat in self.beats if begin <= beat.at <= end + _late(beat))
        return min(late, (end - begin).total_seconds())


def _late(beat: Beat) -> timedelta:
    return timedelta(seconds=beat.late_seconds)

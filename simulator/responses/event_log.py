"""The stream of one response: kept whole, so that a reader may come later or take up again."""

import asyncio
from collections.abc import AsyncGenerator

from simulator.wire.bodies import JsonObject


class EventLog:
    """Events in order, numbered from 0.

    Attributes:
        is_kept: Without it nothing is kept, as nobody will read.
    """

    def __init__(self, *, is_kept: bool) -> None:
        self.is_kept = is_kept
        self._events: list[JsonObject] = []
        self._is_closed = False
        self._news = asyncio.Event()

    def tell(self, kind: str, told: JsonObject) -> None:
        """Add an event; what it tells may not change afterwards."""
        if not self.is_kept:
            return
        self._events.append({"type": kind, "sequence_number": len(self._events)} | told)
        self._wake()

    def close(self) -> None:
        """End every reading of it, after what has been told."""
        self._is_closed = True
        self._wake()

    async def read(self, *, starting_after: int = -1) -> AsyncGenerator[JsonObject]:
        """Read the events after a sequence number, those to come included, to the end."""
        at = starting_after + 1
        while True:
            while at < len(self._events):
                yield self._events[at]
                at += 1
            if self._is_closed:
                return
            await self._news.wait()

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

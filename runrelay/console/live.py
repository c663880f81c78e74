"""Server-sent events: the browser holds one answer open, and gets what has changed of its page."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Final, override

import anyio
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from runrelay.client.errors import RunrelayError
from runrelay.command_line import CommandError
from runrelay.console.view import SLOW_SECONDS, Pace, Seen, View, looked, seen_of

OVER: Final = "over"
TROUBLE: Final = "trouble"
CHANGE: Final = "change"
SILENT_SECONDS: Final = 10.0
"""After that long without an answer what is on the page is not called live any more."""


class Streams:
    """The answers that are held open; a server that ends would wait for them in vain."""

    def __init__(self) -> None:
        self._open: set[anyio.CancelScope] = set()

    def answer(self, events: AsyncIterator[str]) -> StreamingResponse:
        """Make an answer of events, which ends with them, with the browser, or with the server."""
        return Stream(events, self._open)

    def close(self) -> None:
        """End all of them."""
        for each in tuple(self._open):
            each.cancel()


class Stream(StreamingResponse):
    """An answer that is held open."""

    def __init__(self, events: AsyncIterator[str], those_open: set[anyio.CancelScope]) -> None:
        super().__init__(events, media_type="text/event-stream")
        self._those_open = those_open

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with anyio.CancelScope() as until_closed:
            self._those_open.add(until_closed)
            try:
                await super().__call__(scope, receive, send)
            finally:
                self._those_open.discard(until_closed)
        if until_closed.cancelled_caught:
            await send({"type": "http.response.body", "body": b"", "more_body": False})


async def changes(
    view: View,
    digest: str,
    write: Callable[[Seen], Mapping[str, str]],
    *,
    is_stale: bool,
    clock: Callable[[], float] = time.monotonic,
) -> AsyncIterator[str]:
    """Give what to send, as it comes, until nothing can change any more.

    Args:
        digest: Of what the page shows.
        write: Makes the parts of the page that may change, by name.
        is_stale: Whether it was shown a while ago, so that the first look is made at once.
    """
    pace, pause = Pace(clock), 0.0
    if not is_stale:
        pause = pace.seconds(is_moving=True)
    while True:
        await anyio.sleep(pause)
        began = clock()
        look = asyncio.ensure_future(looked(view))
        try:
            if not (await asyncio.wait({look}, timeout=SILENT_SECONDS))[0]:
                yield event(TROUBLE, {"words": f"The stack has not answered for {SILENT_SECONDS:g} s."})
                digest = ""
            seen = seen_of(await look)
        except (RunrelayError, CommandError) as error:
            yield event(TROUBLE, {"words": str(error)})
            digest, pause = "", SLOW_SECONDS
            continue
        finally:
            look.cancel()
        if seen.digest != digest:
            digest = seen.digest
            pace.moved()
            yield event(CHANGE, {**write(seen), "digest": digest})
        if seen.is_over:
            yield event(OVER, {})
            return
        pause = pace.pause(clock() - began, is_moving=seen.is_moving)
        if seen.look_again_seconds is not None:
            pause = seen.look_again_seconds


def event(name: str, facts: dict[str, str]) -> str:
    """Write one event; its data is one line."""
    return f"event: {name}\ndata: {json.dumps(facts)}\n\n"

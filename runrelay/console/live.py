"""Server-sent events: the browser holds one answer open, and gets what has changed of its page."""

import json
import time
from collections.abc import AsyncIterator, Callable
from typing import Final

import anyio

from runrelay.client.errors import RunrelayError
from runrelay.command_line import CommandError
from runrelay.console.view import SLOW_SECONDS, Pace, Seen, View

OVER: Final = "over"
TROUBLE: Final = "trouble"
CHANGE: Final = "change"


async def changes(
    view: View,
    digest: str,
    write: Callable[[Seen], str],
    *,
    is_stale: bool,
    clock: Callable[[], float] = time.monotonic,
) -> AsyncIterator[str]:
    """Give what to send, as it comes, until nothing can change any more.

    Args:
        digest: Of what the page shows.
        is_stale: Whether it was shown a while ago, so that the first look is made at once.
    """
    pace, pause = Pace(clock), 0.0
    if not is_stale:
        pause = pace.seconds(is_moving=True)
    while True:
        await anyio.sleep(pause)
        began = clock()
        try:
            seen = await view.look()
        except (RunrelayError, CommandError) as error:
            yield event(TROUBLE, {"words": str(error)})
            digest, pause = "", SLOW_SECONDS
            continue
        if seen.digest != digest:
            digest = seen.digest
            pace.moved()
            yield event(CHANGE, {"html": write(seen), "digest": digest})
        if seen.is_over:
            yield event(OVER, {})
            return
        pause = pace.pause(clock() - began, is_moving=seen.is_moving)
        if seen.look_again_seconds is not None:
            pause = seen.look_again_seconds


def event(name: str, facts: dict[str, str]) -> str:
    """Write one event; its data is one line."""
    return f"event: {name}\ndata: {json.dumps(facts)}\n\n"

"""Events as a client reads them: server-sent, their sizes made alike."""

import secrets
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from simulator.wire.asides import go_on_with
from simulator.wire.bodies import JsonObject
from simulator.wire.errors import invalid
from simulator.wire.event_lines import event_line

# A delta and its padding have a multiple of this many characters together.
PADDED_TO = 16


def stream(request: Request, events: AsyncGenerator[JsonObject], *, is_padded: bool) -> Response:
    """Answer with a stream of events.

    Args:
        is_padded: Each delta gets `obfuscation`, which keeps its length from listeners on the wire.
    """

    async def lines() -> AsyncIterator[bytes]:
        async with aclosing(events):
            async for event in events:
                told = event | _padding(event) if is_padded else event
                yield event_line(event["type"], told)

    return go_on_with(request, StreamingResponse(lines(), media_type="text/event-stream"))


def is_padding_wanted(options: object) -> bool:
    """Read `stream_options` of a create."""
    return not isinstance(options, dict) or options.get("include_obfuscation") is not False


def starting_after(request: Request) -> int:
    """Read after which event a retrieval begins; from the first unless it says so.

    Raises:
        ApiError: It is no number.
    """
    given = request.query_params.get("starting_after", "-1")
    if not given.removeprefix("-").isdigit():
        raise invalid(
            "starting_after", "Invalid type for 'starting_after': expected an integer.", code="invalid_type"
        )
    return max(-1, int(given))


def _padding(event: JsonObject) -> JsonObject:
    if not isinstance(event.get("delta"), str):
        return {}
    length = PADDED_TO - len(event["delta"]) % PADDED_TO
    return {"obfuscation": secrets.token_urlsafe(length)[:length]}

"""What a route tells the gateway beside its answer, by way of the ASGI scope."""

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Scope

FAULT = "simulator.fault"
STREAM = "simulator.stream"


def blame(request: Request, fault: str) -> None:
    """Name the fault that struck, for the journal."""
    request.scope[FAULT] = fault


def blamed(scope: Scope) -> str | None:
    fault: str | None = scope.get(FAULT)
    return fault


def go_on_with(request: Request, stream: StreamingResponse) -> Response:
    """Answer with a stream, which the gateway starts itself: it waits for the end of any other answer."""
    request.scope[STREAM] = stream
    return Response(media_type=stream.media_type)


def stream_of(scope: Scope) -> StreamingResponse | None:
    stream: StreamingResponse | None = scope.get(STREAM)
    return stream

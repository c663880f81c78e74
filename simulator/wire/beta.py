"""The header that a client must send to use an API in beta."""

from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from simulator.wire.errors import invalid


def in_beta(routes: Sequence[Route], *, name: str, wanted: str) -> Sequence[Route]:
    """Let nobody through to these routes who does not send `OpenAI-Beta: <wanted>`."""
    for route in routes:
        route.app = _Gate(route.app, name, wanted)
    return routes


class _Gate:
    def __init__(self, app: ASGIApp, name: str, wanted: str) -> None:
        self._app = app
        self._name = name
        self._wanted = wanted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sent = Headers(scope=scope).get("openai-beta", "").split(",")
        if self._wanted in [each.strip() for each in sent]:
            await self._app(scope, receive, send)
            return
        message = (
            f"You must provide the 'OpenAI-Beta' header to access the {self._name} API. "
            f"Please try again by setting the header 'OpenAI-Beta: {self._wanted}'."
        )
        await invalid(None, message, code="invalid_beta").answer()(scope, receive, send)

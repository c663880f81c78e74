"""The door that the simulator knocks at: its webhooks wait here until the world hands them over."""

import asyncio
import queue
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.harness.gateway import proxy_event

PATH = "/webhooks/openai"


@dataclass(frozen=True)
class Webhook:
    """One attempt at a webhook, whose sender waits for the answer."""

    event: dict[str, Any]
    answer: Future[dict[str, Any]] = field(default_factory=Future)


class Door:
    """Receives over HTTP, in the server's thread; hands over in the world's."""

    def __init__(self) -> None:
        self._waiting: queue.Queue[Webhook] = queue.Queue()

    @property
    def app(self) -> Starlette:
        """The application to serve."""
        return Starlette(routes=[Route(PATH, self._receive, methods=["POST"])])

    def next(self, *, seconds: float = 0) -> Webhook | None:
        """Take the webhook that came first, or wait a while for one."""
        try:
            return self._waiting.get(timeout=seconds) if seconds else self._waiting.get_nowait()
        except queue.Empty:
            return None

    def send_away(self) -> None:
        """Answer whoever still waits."""
        while webhook := self.next():
            webhook.answer.set_result({"statusCode": 503})

    async def _receive(self, request: Request) -> Response:
        event = proxy_event(
            "POST", PATH, headers=request.headers.items(), body=await request.body(), query=request.url.query
        )
        webhook = Webhook(event)
        self._waiting.put(webhook)
        answer = await asyncio.wrap_future(webhook.answer)
        return Response(answer.get("body", ""), answer["statusCode"], answer.get("headers"))

"""The door that the simulator knocks at: its webhooks wait here until the world hands them over."""

import asyncio
import queue
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.harness.gateway import proxy_event

PATH = "/webhooks/openai"
CLOSED: dict[str, Any] = {"statusCode": 503}


@dataclass(frozen=True)
class Webhook:
    """One attempt at a webhook, whose sender waits for the answer."""

    event: dict[str, Any]
    answer: Future[dict[str, Any]] = field(default_factory=Future)


class Door:
    """Receives over HTTP, in the server's thread; hands over in the world's. It is closed between worlds."""

    def __init__(self) -> None:
        self._is_open = False
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

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Take webhooks in while the block runs; then send away whoever still waits or comes."""
        self._is_open = True
        try:
            yield
        finally:
            self._is_open = False
            while webhook := self.next():
                webhook.answer.set_result(CLOSED)

    async def _receive(self, request: Request) -> Response:
        event = proxy_event(
            "POST", PATH, headers=request.headers.items(), body=await request.body(), query=request.url.query
        )
        webhook = Webhook(event)
        if self._is_open:
            self._waiting.put(webhook)
        else:
            webhook.answer.set_result(CLOSED)
        answer = await asyncio.wrap_future(webhook.answer)
        return Response(answer.get("body", ""), answer["statusCode"], answer.get("headers"))

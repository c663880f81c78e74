"""The console's addresses: pages that are read, and what can be done."""

from collections.abc import Awaitable, Callable
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, urlsplit

import anyio.to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from runrelay.client.errors import RunrelayError
from runrelay.command_line import CommandError
from runrelay.console import dead_letters
from runrelay.console.actions import Actions
from runrelay.console.api import Api
from runrelay.console.health import HealthView
from runrelay.console.inbox_view import InboxView
from runrelay.console.list_view import BadFilterError, ListView
from runrelay.console.live import Streams, changes
from runrelay.console.pending import Pending
from runrelay.console.rendering import Pages
from runrelay.console.run_view import RunView
from runrelay.console.view import Query, Seen, View
from runrelay.reach import Where

STATIC: Final = Path(__file__).parent / "static"
RUN: Final = "/runs/"
WAIT: Final = "wait"
"""In an address: the page comes once all is on it, as it must where no script runs."""


type Handler = Callable[[Request], Awaitable[Response]]


class Site:
    """Answers requests for pages."""

    def __init__(self, api: Api, where: Where, pages: Pages, actions: Actions) -> None:
        self._api = api
        self._where = where
        self._pages = pages
        self._actions = actions
        self._pending = Pending()
        self.streams = Streams()

    def application(self) -> Starlette:
        """Make the application; what changes anything is in `Actions`."""
        return Starlette(
            routes=[
                Route("/", self.runs),
                Route("/find", self.find),
                Route("/runs/{run_id}", self.run),
                Route("/inbox", self.inbox),
                Route("/health", self.health),
                Route("/health/dead-letters", self.letters),
                Route("/live", self.live),
                *self._actions.routes(),
                Mount("/static", StaticFiles(directory=STATIC)),
            ],
            exception_handlers={
                RunrelayError: self.unreached,
                CommandError: self.unreached,
                BadFilterError: self.unreached,
                HTTPException: self.refused,
            },
        )

    async def runs(self, request: Request) -> Response:
        return await self._page(request, ListView(self._api, request.query_params))

    async def find(self, request: Request) -> Response:
        """Lead to a run, or to a subject's runs: whatever was typed."""
        words = request.query_params.get("q", "").strip()
        return self._actions.found(words)

    async def run(self, request: Request) -> Response:
        view = RunView(self._api, request.path_params["run_id"], request.query_params, with_request=True)
        return await self._page(request, view)

    async def inbox(self, request: Request) -> Response:
        return await self._page(request, InboxView(self._api, request.query_params))

    async def health(self, request: Request) -> Response:
        return await self._page(request, HealthView(self._where))

    async def letters(self, request: Request) -> Response:
        found = await anyio.to_thread.run_sync(dead_letters.look, self._where)
        context = dead_letters.seen(found, is_done=False).context
        return self._pages.page(request, "dead_letters.html", context)

    async def _page(self, request: Request, view: View) -> Response:
        seen = await self._pending.look(view, patiently=WAIT in request.query_params)
        if isinstance(seen, str):
            return self._pages.page(request, "pending.html", {"is_live": True, "pending": seen})
        context = {**seen.context, "digest": seen.digest, "is_live": not seen.is_over}
        return self._pages.page(request, view.template, context)

    async def live(self, request: Request) -> Response:
        """Hold an answer open with what changes of a page."""
        told = request.query_params
        view = self._view(told.get("of", "/"))
        if view is None:
            return PlainTextResponse("There is no such page.\n", HTTPStatus.NOT_FOUND)
        if request.method == "HEAD":
            return Response(media_type="text/event-stream")
        events = changes(
            self._pending.taken(told.get("pending", ""), view),
            told.get("digest", ""),
            partial(self._parts, view.template),
            is_stale="stale" in told,
        )
        return self.streams.answer(events)

    def _parts(self, template: str, seen: Seen) -> dict[str, str]:
        return self._pages.parts(template, seen.context)

    def _view(self, address: str) -> View | None:
        """Find the page of an address."""
        parts = urlsplit(address)
        query: Query = dict(parse_qsl(parts.query))
        if parts.path.startswith(RUN):
            return RunView(self._api, parts.path.removeprefix(RUN), query)
        views: dict[str, Callable[[], View]] = {
            "/": lambda: ListView(self._api, query),
            "/inbox": lambda: InboxView(self._api, query),
            "/health": lambda: HealthView(self._where),
        }
        return views[parts.path]() if parts.path in views else None

    async def unreached(self, request: Request, error: Exception) -> Response:
        """Say what is wrong, in the words of the API or of AWS."""
        status = getattr(error, "status", None)
        own = HTTPStatus.BAD_REQUEST if isinstance(error, BadFilterError) else HTTPStatus.BAD_GATEWAY
        context = {"title": "That cannot be shown", "words": str(error)}
        return self._pages.page(request, "trouble.html", context, status if status and status < 500 else own)  # noqa: PLR2004 - theirs

    async def refused(self, request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else HTTPStatus.BAD_REQUEST
        words = error.detail if isinstance(error, HTTPException) else ""
        return self._pages.page(
            request, "trouble.html", {"title": HTTPStatus(status).phrase, "words": words}, status
        )

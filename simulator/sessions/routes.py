"""The routes under `/v1/agents/sessions`."""

import asyncio
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from simulator.sessions.sessions import Listener, Sessions
from simulator.sessions.state import StoredSession
from simulator.wire import parameters
from simulator.wire.asides import blame, go_on_with
from simulator.wire.bodies import JsonObject, read_object
from simulator.wire.pages import in_order, page


class SessionRoutes:
    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def routes(self) -> list[Route]:
        one = "/agents/sessions/{session_id}"
        return [
            Route("/agents/sessions", self.create, methods=["POST"]),
            Route("/agents/sessions", self.list_matching, methods=["GET"]),
            Route(one, self.retrieve, methods=["GET"]),
            Route(one, self.update, methods=["POST"]),
            Route(one, self.delete, methods=["DELETE"]),
            Route(f"{one}/events", self.send_events, methods=["POST"]),
            Route(f"{one}/events", self.stream_events, methods=["GET"]),
            Route(f"{one}/items", self.list_items, methods=["GET"]),
            Route(f"{one}/turns", self.list_turns, methods=["GET"]),
            Route(f"{one}/turns/{{turn_id}}", self.retrieve_turn, methods=["GET"]),
            Route(f"{one}/turns/{{turn_id}}/items", self.list_items_of_turn, methods=["GET"]),
        ]

    def _named(self, request: Request) -> StoredSession:
        return self._sessions.get(request.path_params["session_id"])

    async def create(self, request: Request) -> Response:
        body = await read_object(request, known=parameters.SESSION)
        if body.get("stream"):
            listener: Listener = asyncio.Queue()
            return _stream(request, self._sessions.create(body, listener), listener)
        return JSONResponse(self._sessions.create(body).body)

    async def retrieve(self, request: Request) -> JSONResponse:
        body, is_stale = self._sessions.show(request.path_params["session_id"])
        if is_stale:
            blame(request, "stale_required_action")
        return JSONResponse(body)

    async def list_matching(self, request: Request) -> JSONResponse:
        sessions = self._sessions.matching(_metadata(request), request.query_params.get("agent_id"))
        return _page([session.body for session in sessions], request)

    async def update(self, request: Request) -> JSONResponse:
        session_id = request.path_params["session_id"]
        return JSONResponse(
            self._sessions.update(session_id, await read_object(request, known=parameters.SESSION_UPDATE))
        )

    async def delete(self, request: Request) -> JSONResponse:
        return JSONResponse(self._sessions.delete(request.path_params["session_id"]))

    async def send_events(self, request: Request) -> Response:
        key = request.headers.get("idempotency-key")
        self._sessions.send(
            request.path_params["session_id"],
            await read_object(request, known=parameters.SESSION_EVENTS),
            key,
        )
        return Response(status_code=202)

    async def stream_events(self, request: Request) -> Response:
        listener: Listener = asyncio.Queue()
        session = self._named(request)
        session.listeners.append(listener)
        return _stream(request, session, listener)

    async def list_items(self, request: Request) -> JSONResponse:
        return _page(self._named(request).items, request)

    async def list_turns(self, request: Request) -> JSONResponse:
        return _page([turn.body for turn in self._named(request).turns], request)

    async def retrieve_turn(self, request: Request) -> JSONResponse:
        path = request.path_params
        return JSONResponse(self._sessions.get_turn(path["session_id"], path["turn_id"]).body)

    async def list_items_of_turn(self, request: Request) -> JSONResponse:
        path = request.path_params
        turn = self._sessions.get_turn(path["session_id"], path["turn_id"])
        return _page(self._named(request).items_of(turn.id), request)


def _page(items: list[JsonObject], request: Request) -> JSONResponse:
    return JSONResponse(page(in_order(items, request), request))


def _metadata(request: Request) -> dict[str, str]:
    """Read the pairs that the query names as `metadata[key]=value`."""
    return {
        key.removeprefix("metadata[").removesuffix("]"): value
        for key, value in request.query_params.items()
        if key.startswith("metadata[") and key.endswith("]")
    }


def _stream(request: Request, session: StoredSession, listener: Listener) -> Response:
    async def events() -> AsyncIterator[bytes]:
        try:
            while (event := await listener.get()) is not None:
                yield event
        finally:
            session.listeners.remove(listener)

    return go_on_with(request, StreamingResponse(events(), media_type="text/event-stream"))

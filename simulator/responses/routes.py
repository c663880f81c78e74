"""The routes under `/v1/responses`."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulator.responses.responses import Responses
from simulator.responses.streams import is_padding_wanted, starting_after, stream
from simulator.wire import parameters
from simulator.wire.asides import blame
from simulator.wire.bodies import read_object
from simulator.wire.pages import in_order, page


class ResponseRoutes:
    def __init__(self, responses: Responses) -> None:
        self._responses = responses

    def routes(self) -> list[Route]:
        one = "/responses/{response_id}"
        return [
            Route("/responses", self.create, methods=["POST"]),
            Route("/responses/compact", self.compact, methods=["POST"]),
            Route("/responses/input_tokens", self.count_tokens, methods=["POST"]),
            Route(one, self.retrieve, methods=["GET"]),
            Route(one, self.delete, methods=["DELETE"]),
            Route(f"{one}/cancel", self.cancel, methods=["POST"]),
            Route(f"{one}/input_items", self.list_input_items, methods=["GET"]),
        ]

    async def create(self, request: Request) -> Response:
        body = await read_object(request)
        if body.get("stream") is True:
            events = self._responses.create_streamed(body)
            return stream(request, events, is_padded=is_padding_wanted(body.get("stream_options")))
        return JSONResponse(await self._responses.create(body))

    async def compact(self, request: Request) -> JSONResponse:
        return JSONResponse(self._responses.compact(await read_object(request, known=parameters.COMPACTION)))

    async def count_tokens(self, request: Request) -> JSONResponse:
        return JSONResponse(
            self._responses.count_tokens(await read_object(request, known=parameters.INPUT_TOKENS))
        )

    async def retrieve(self, request: Request) -> Response:
        response_id, query = request.path_params["response_id"], request.query_params
        if query.get("stream") == "true":
            events = self._responses.events(response_id, starting_after=starting_after(request))
            return stream(request, events, is_padded=query.get("include_obfuscation") != "false")
        return JSONResponse(self._responses.get(response_id).body)

    async def cancel(self, request: Request) -> JSONResponse:
        stored = self._responses.cancel(request.path_params["response_id"])
        if not stored.is_over:
            blame(request, "cancel_seconds")
        return JSONResponse(stored.body)

    async def delete(self, request: Request) -> JSONResponse:
        return JSONResponse(self._responses.delete(request.path_params["response_id"]))

    async def list_input_items(self, request: Request) -> JSONResponse:
        items = self._responses.get(request.path_params["response_id"]).input
        return JSONResponse(page(in_order(items, request), request))

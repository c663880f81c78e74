"""The routes under `/v1/assistants`."""

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from simulator.threads.assistants import Assistants
from simulator.wire import parameters
from simulator.wire.bodies import read_object
from simulator.wire.pages import in_order, page


class AssistantRoutes:
    def __init__(self, assistants: Assistants) -> None:
        self._assistants = assistants

    def routes(self) -> list[Route]:
        one = "/assistants/{assistant_id}"
        return [
            Route("/assistants", self.create, methods=["POST"]),
            Route("/assistants", self.list_all, methods=["GET"]),
            Route(one, self.retrieve, methods=["GET"]),
            Route(one, self.modify, methods=["POST"]),
            Route(one, self.delete, methods=["DELETE"]),
        ]

    async def create(self, request: Request) -> JSONResponse:
        return JSONResponse(self._assistants.create(await read_object(request, known=parameters.ASSISTANT)))

    async def list_all(self, request: Request) -> JSONResponse:
        return JSONResponse(page(in_order(self._assistants.all(), request), request))

    async def retrieve(self, request: Request) -> JSONResponse:
        return JSONResponse(self._assistants.get(request.path_params["assistant_id"]))

    async def modify(self, request: Request) -> JSONResponse:
        body = await read_object(request, known=parameters.ASSISTANT)
        return JSONResponse(self._assistants.modify(request.path_params["assistant_id"], body))

    async def delete(self, request: Request) -> JSONResponse:
        return JSONResponse(self._assistants.delete(request.path_params["assistant_id"]))

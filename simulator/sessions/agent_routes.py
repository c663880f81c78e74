"""The routes of saved agents, `/v1/agents`."""

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from simulator.sessions.saved_agents import SavedAgents
from simulator.wire import parameters
from simulator.wire.bodies import read_object
from simulator.wire.pages import in_order, page


class AgentRoutes:
    def __init__(self, agents: SavedAgents) -> None:
        self._agents = agents

    def routes(self) -> list[Route]:
        one = "/agents/{agent_id}"
        return [
            Route("/agents", self.create, methods=["POST"]),
            Route("/agents", self.list_all, methods=["GET"]),
            Route(one, self.retrieve, methods=["GET"]),
            Route(one, self.update, methods=["POST"]),
            Route(one, self.delete, methods=["DELETE"]),
        ]

    async def create(self, request: Request) -> JSONResponse:
        return JSONResponse(self._agents.create(await read_object(request, known=parameters.AGENT)))

    async def list_all(self, request: Request) -> JSONResponse:
        return JSONResponse(page(in_order(self._agents.all(), request), request))

    async def retrieve(self, request: Request) -> JSONResponse:
        return JSONResponse(self._agents.get(request.path_params["agent_id"]).as_json())

    async def update(self, request: Request) -> JSONResponse:
        body = await read_object(request, known=parameters.AGENT)
        return JSONResponse(self._agents.update(request.path_params["agent_id"], body))

    async def delete(self, request: Request) -> JSONResponse:
        return JSONResponse(self._agents.delete(request.path_params["agent_id"]))

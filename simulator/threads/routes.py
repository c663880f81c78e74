"""The routes under `/v1/threads`: threads and their messages."""

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from simulator.threads.threads import Threads
from simulator.wire.bodies import read_object
from simulator.wire.pages import in_order, page


class ThreadRoutes:
    def __init__(self, threads: Threads) -> None:
        self._threads = threads

    def routes(self) -> list[Route]:
        one = "/threads/{thread_id}"
        return [
            Route("/threads", self.create, methods=["POST"]),
            Route(one, self.retrieve, methods=["GET"]),
            Route(one, self.delete, methods=["DELETE"]),
            Route(f"{one}/messages", self.add_message, methods=["POST"]),
            Route(f"{one}/messages", self.list_messages, methods=["GET"]),
            Route(f"{one}/messages/{{message_id}}", self.retrieve_message, methods=["GET"]),
        ]

    async def create(self, request: Request) -> JSONResponse:
        return JSONResponse(self._threads.create(await read_object(request)).body)

    async def retrieve(self, request: Request) -> JSONResponse:
        return JSONResponse(self._threads.get(request.path_params["thread_id"]).body)

    async def delete(self, request: Request) -> JSONResponse:
        return JSONResponse(self._threads.delete(request.path_params["thread_id"]))

    async def add_message(self, request: Request) -> JSONResponse:
        thread_id = request.path_params["thread_id"]
        return JSONResponse(self._threads.add_message(thread_id, await read_object(request)))

    async def list_messages(self, request: Request) -> JSONResponse:
        messages = self._threads.get(request.path_params["thread_id"]).messages
        run_id = request.query_params.get("run_id")
        wanted = [message for message in messages if run_id in (None, message["run_id"])]
        return JSONResponse(page(in_order(wanted, request), request))

    async def retrieve_message(self, request: Request) -> JSONResponse:
        path = request.path_params
        return JSONResponse(self._threads.get_message(path["thread_id"], path["message_id"]))

"""The routes under `/v1/threads`: threads and their messages."""

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from simulator.threads.threads import Threads
from simulator.wire import parameters
from simulator.wire.bodies import read_object
from simulator.wire.pages import in_order, page


class ThreadRoutes:
    def __init__(self, threads: Threads) -> None:
        self._threads = threads

    def routes(self) -> list[Route]:
        one = "/threads/{thread_id}"
        message = f"{one}/messages/{{message_id}}"
        return [
            Route("/threads", self.create, methods=["POST"]),
            Route(one, self.retrieve, methods=["GET"]),
            Route(one, self.modify, methods=["POST"]),
            Route(one, self.delete, methods=["DELETE"]),
            Route(f"{one}/messages", self.add_message, methods=["POST"]),
            Route(f"{one}/messages", self.list_messages, methods=["GET"]),
            Route(message, self.retrieve_message, methods=["GET"]),
            Route(message, self.modify_message, methods=["POST"]),
            Route(message, self.delete_message, methods=["DELETE"]),
        ]

    async def create(self, request: Request) -> JSONResponse:
        return JSONResponse(self._threads.create(await read_object(request, known=parameters.THREAD)).body)

    async def retrieve(self, request: Request) -> JSONResponse:
        return JSONResponse(self._threads.get(request.path_params["thread_id"]).body)

    async def modify(self, request: Request) -> JSONResponse:
        thread = self._threads.get(request.path_params["thread_id"])
        return JSONResponse(thread.modify(await read_object(request, known=parameters.THREAD_UPDATE)))

    async def delete(self, request: Request) -> JSONResponse:
        return JSONResponse(self._threads.delete(request.path_params["thread_id"]))

    async def add_message(self, request: Request) -> JSONResponse:
        thread_id = request.path_params["thread_id"]
        return JSONResponse(
            self._threads.add_message(thread_id, await read_object(request, known=parameters.MESSAGE))
        )

    async def list_messages(self, request: Request) -> JSONResponse:
        messages = self._threads.get(request.path_params["thread_id"]).messages
        run_id = request.query_params.get("run_id")
        wanted = [message for message in messages if run_id in (None, message["run_id"])]
        return JSONResponse(page(in_order(wanted, request), request))

    async def retrieve_message(self, request: Request) -> JSONResponse:
        return JSONResponse(self._threads.get_message(**request.path_params))

    async def modify_message(self, request: Request) -> JSONResponse:
        body = await read_object(request, known=parameters.METADATA)
        return JSONResponse(self._threads.modify_message(**request.path_params, request=body))

    async def delete_message(self, request: Request) -> JSONResponse:
        return JSONResponse(self._threads.delete_message(**request.path_params))

"""The routes of runs, under `/v1/threads/{thread_id}/runs` and `/v1/threads/runs`."""

import asyncio
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from simulator.threads.runs import ThreadRuns
from simulator.threads.stored_run import Listener
from simulator.wire import parameters
from simulator.wire.asides import go_on_with
from simulator.wire.bodies import JsonObject, read_object
from simulator.wire.pages import in_order, page

POLL_AFTER_MS = 100


class ThreadRunRoutes:
    def __init__(self, runs: ThreadRuns) -> None:
        self._runs = runs

    def routes(self) -> list[Route]:
        many = "/threads/{thread_id}/runs"
        one = f"{many}/{{run_id}}"
        return [
            Route("/threads/runs", self.create_with_thread, methods=["POST"]),
            Route(many, self.create, methods=["POST"]),
            Route(many, self.list_all, methods=["GET"]),
            Route(one, self.retrieve, methods=["GET"]),
            Route(one, self.modify, methods=["POST"]),
            Route(f"{one}/cancel", self.cancel, methods=["POST"]),
            Route(f"{one}/submit_tool_outputs", self.submit_tool_outputs, methods=["POST"]),
            Route(f"{one}/steps", self.list_steps, methods=["GET"]),
            Route(f"{one}/steps/{{step_id}}", self.retrieve_step, methods=["GET"]),
        ]

    async def create_with_thread(self, request: Request) -> Response:
        body = await read_object(request, known=parameters.THREAD_AND_RUN)
        listener = _listener(body)
        return _answer(request, self._runs.create_with_thread(body, listener), listener)

    async def create(self, request: Request) -> Response:
        body = await read_object(request, known=parameters.RUN)
        listener = _listener(body)
        return _answer(
            request, self._runs.create(**request.path_params, request=body, listener=listener), listener
        )

    async def list_all(self, request: Request) -> JSONResponse:
        runs = [run.body for run in self._runs.all(request.path_params["thread_id"])]
        return JSONResponse(page(in_order(runs, request), request))

    async def retrieve(self, request: Request) -> JSONResponse:
        run = self._runs.get(**request.path_params)
        headers = None if run.is_over else {"openai-poll-after-ms": str(POLL_AFTER_MS)}
        return JSONResponse(run.body, headers=headers)

    async def modify(self, request: Request) -> JSONResponse:
        body = await read_object(request, known=parameters.METADATA)
        return JSONResponse(self._runs.modify(**request.path_params, request=body))

    async def cancel(self, request: Request) -> JSONResponse:
        return JSONResponse(self._runs.cancel(**request.path_params))

    async def submit_tool_outputs(self, request: Request) -> Response:
        body = await read_object(request, known=parameters.TOOL_OUTPUTS)
        listener = _listener(body)
        return _answer(
            request, self._runs.submit(**request.path_params, request=body, listener=listener), listener
        )

    async def list_steps(self, request: Request) -> JSONResponse:
        steps = self._runs.get(**request.path_params).steps
        return JSONResponse(page(in_order(steps, request), request))

    async def retrieve_step(self, request: Request) -> JSONResponse:
        path = request.path_params
        return JSONResponse(self._runs.get(path["thread_id"], path["run_id"]).step(path["step_id"]))


def _listener(body: JsonObject) -> Listener | None:
    return asyncio.Queue() if body.get("stream") is True else None


def _answer(request: Request, run: JsonObject, listener: Listener | None) -> Response:
    """Answer with a run as it is, or with the stream of what becomes of it."""
    if listener is None:
        return JSONResponse(run)

    async def lines() -> AsyncIterator[bytes]:
        while (told := await listener.get()) is not None:
            yield told

    return go_on_with(request, StreamingResponse(lines(), media_type="text/event-stream"))

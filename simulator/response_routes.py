"""The routes under `/v1/responses`."""

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from simulator.bodies import read_object
from simulator.pages import page
from simulator.responses import Responses


def response_routes(responses: Responses) -> list[Route]:
    async def create(request: Request) -> JSONResponse:
        return JSONResponse(await responses.create(await read_object(request)))

    async def retrieve(request: Request) -> JSONResponse:
        return JSONResponse(responses.get(request.path_params["response_id"]).body)

    async def cancel(request: Request) -> JSONResponse:
        return JSONResponse(responses.cancel(request.path_params["response_id"]))

    async def delete(request: Request) -> JSONResponse:
        return JSONResponse(responses.delete(request.path_params["response_id"]))

    async def list_input_items(request: Request) -> JSONResponse:
        items = responses.get(request.path_params["response_id"]).input
        is_ascending = request.query_params.get("order") == "asc"
        return JSONResponse(page(items if is_ascending else items[::-1], request))

    one = "/responses/{response_id}"
    return [
        Route("/responses", create, methods=["POST"]),
        Route(one, retrieve, methods=["GET"]),
        Route(one, delete, methods=["DELETE"]),
        Route(f"{one}/cancel", cancel, methods=["POST"]),
        Route(f"{one}/input_items", list_input_items, methods=["GET"]),
    ]

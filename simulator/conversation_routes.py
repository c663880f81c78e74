"""The routes under `/v1/conversations`."""

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from simulator.bodies import read_object
from simulator.conversations import Conversation, Conversations
from simulator.items import input_items
from simulator.metadata import checked_metadata
from simulator.pages import page


def conversation_routes(conversations: Conversations) -> list[Route]:
    async def create(request: Request) -> JSONResponse:
        body = await read_object(request)
        conversation = Conversation(checked_metadata(body), input_items(body.get("items"), param="items"))
        return JSONResponse(conversations.add(conversation).as_json())

    async def retrieve(request: Request) -> JSONResponse:
        return JSONResponse(conversations.get(request.path_params["conversation_id"]).as_json())

    async def list_items(request: Request) -> JSONResponse:
        items = conversations.get(request.path_params["conversation_id"]).items
        is_ascending = request.query_params.get("order") == "asc"
        return JSONResponse(page(items if is_ascending else items[::-1], request))

    one = "/conversations/{conversation_id}"
    return [
        Route("/conversations", create, methods=["POST"]),
        Route(one, retrieve, methods=["GET"]),
        Route(f"{one}/items", list_items, methods=["GET"]),
    ]

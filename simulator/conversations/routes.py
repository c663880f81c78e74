"""The routes under `/v1/conversations`."""

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from simulator.conversations.conversations import Conversation, Conversations
from simulator.conversations.items import input_items
from simulator.wire.bodies import read_object
from simulator.wire.metadata import checked_metadata
from simulator.wire.pages import in_order, page


class ConversationRoutes:
    def __init__(self, conversations: Conversations) -> None:
        self._conversations = conversations

    def routes(self) -> list[Route]:
        one = "/conversations/{conversation_id}"
        return [
            Route("/conversations", self.create, methods=["POST"]),
            Route(one, self.retrieve, methods=["GET"]),
            Route(f"{one}/items", self.list_items, methods=["GET"]),
        ]

    async def create(self, request: Request) -> JSONResponse:
        body = await read_object(request)
        conversation = Conversation(checked_metadata(body), input_items(body.get("items"), param="items"))
        return JSONResponse(self._conversations.add(conversation).as_json())

    async def retrieve(self, request: Request) -> JSONResponse:
        return JSONResponse(self._conversations.get(request.path_params["conversation_id"]).as_json())

    async def list_items(self, request: Request) -> JSONResponse:
        items = self._conversations.get(request.path_params["conversation_id"]).items
        return JSONResponse(page(in_order(items, request), request))

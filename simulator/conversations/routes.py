"""The routes under `/v1/conversations`."""

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from simulator.conversations.conversations import Conversation, Conversations
from simulator.conversations.items import input_items
from simulator.wire import parameters
from simulator.wire.bodies import JsonObject, read_object
from simulator.wire.errors import invalid, missing_parameter
from simulator.wire.metadata import checked_metadata
from simulator.wire.pages import in_order, page, whole_list

MOST_ITEMS = 20


class ConversationRoutes:
    def __init__(self, conversations: Conversations) -> None:
        self._conversations = conversations

    def routes(self) -> list[Route]:
        one = "/conversations/{conversation_id}"
        return [
            Route("/conversations", self.create, methods=["POST"]),
            Route(one, self.retrieve, methods=["GET"]),
            Route(one, self.update, methods=["POST"]),
            Route(one, self.delete, methods=["DELETE"]),
            Route(f"{one}/items", self.list_items, methods=["GET"]),
            Route(f"{one}/items", self.add_items, methods=["POST"]),
            Route(f"{one}/items/{{item_id}}", self.retrieve_item, methods=["GET"]),
            Route(f"{one}/items/{{item_id}}", self.delete_item, methods=["DELETE"]),
        ]

    def _named(self, request: Request) -> Conversation:
        return self._conversations.get(request.path_params["conversation_id"])

    async def create(self, request: Request) -> JSONResponse:
        body = await read_object(request, known=parameters.CONVERSATION)
        conversation = Conversation(checked_metadata(body), _given_items(body))
        return JSONResponse(self._conversations.add(conversation).as_json())

    async def retrieve(self, request: Request) -> JSONResponse:
        return JSONResponse(self._named(request).as_json())

    async def update(self, request: Request) -> JSONResponse:
        conversation, body = self._named(request), await read_object(request, known=parameters.METADATA)
        if "metadata" not in body:
            raise missing_parameter("metadata")
        conversation.metadata = checked_metadata(body)
        return JSONResponse(conversation.as_json())

    async def delete(self, request: Request) -> JSONResponse:
        return JSONResponse(self._conversations.delete(request.path_params["conversation_id"]))

    async def list_items(self, request: Request) -> JSONResponse:
        return JSONResponse(page(in_order(self._named(request).items, request), request))

    async def add_items(self, request: Request) -> JSONResponse:
        """Add items and list what was added, in the order in which it was given."""
        body = await read_object(request, known=parameters.CONVERSATION_ITEMS)
        conversation = self._conversations.get_free(request.path_params["conversation_id"])
        if not body.get("items"):
            raise missing_parameter("items")
        added = _given_items(body)
        conversation.items += added
        return JSONResponse(whole_list(added))

    async def retrieve_item(self, request: Request) -> JSONResponse:
        return JSONResponse(self._named(request).item(request.path_params["item_id"]))

    async def delete_item(self, request: Request) -> JSONResponse:
        """Delete an item and answer with its conversation, as OpenAI does."""
        conversation = self._named(request)
        conversation.items.remove(conversation.item(request.path_params["item_id"]))
        return JSONResponse(conversation.as_json())


def _given_items(body: JsonObject) -> list[JsonObject]:
    """Read the items of a request, which may be only so many.

    Raises:
        ApiError: There are too many, or one is malformed.
    """
    given = body.get("items")
    if isinstance(given, list) and len(given) > MOST_ITEMS:
        raise invalid(
            "items",
            f"Invalid 'items': array too long. Expected an array with maximum length {MOST_ITEMS}, "
            f"but got an array with length {len(given)} instead.",
            code="array_above_max_length",
        )
    return input_items(given, param="items")

"""What came before a response, in each way that a client may tell it."""

from dataclasses import dataclass

from simulator.conversations.conversations import Conversation, Conversations
from simulator.conversations.items import check_every_question_is_answered, input_items
from simulator.responses.replay import turns_in
from simulator.responses.store import StoredResponse, StoredResponses
from simulator.wire.bodies import JsonObject
from simulator.wire.errors import ApiError


@dataclass(frozen=True)
class History:
    """Where a request goes on.

    Attributes:
        input: The request's own items, references replaced by what they refer to.
        context: Everything the model sees: earlier items, then the input.
        turns_before: The length of the chain before it, or of the conversation, or of a history in the input.
    """

    conversation: Conversation | None
    input: list[JsonObject]
    context: list[JsonObject]
    turns_before: int


class Histories:
    def __init__(self, *, conversations: Conversations, stored: StoredResponses) -> None:
        self._conversations = conversations
        self._stored = stored

    def of(self, request: JsonObject) -> History:
        """Gather the history of a request.

        Raises:
            ApiError: Something that it names is not there, or a question in it lacks its answer.
        """
        conversation, previous = self._conversation(request), self._previous(request)
        new = input_items(self._resolved(request.get("input")))
        context = [*_earlier_items(conversation, previous), *new]
        check_every_question_is_answered(context)
        if conversation:
            turns = conversation.turns
        else:
            turns = previous.turns_before + 1 if previous else turns_in(new, self._stored)
        return History(conversation, new, context, turns)

    def _conversation(self, request: JsonObject) -> Conversation | None:
        match request.get("conversation"):
            case None:
                return None
            case {"id": conversation_id} | conversation_id:
                return self._conversations.get_free(conversation_id)

    def _previous(self, request: JsonObject) -> StoredResponse | None:
        previous_id = request.get("previous_response_id")
        return None if previous_id is None else self._stored.previous(previous_id)

    def _resolved(self, given: object) -> object:
        """Put the items in the place of references to them."""
        if not isinstance(given, list):
            return given
        return [self._item(each["id"]) if _is_reference(each) else each for each in given]

    def _item(self, item_id: object) -> JsonObject:
        item = self._stored.item(item_id) or self._conversations.item(item_id)
        if item is None:
            message = (
                f"Item with id '{item_id}' not found. Items are not persisted when `store` is set to false. "
                "Try again with `store` set to true, or remove this item from your input."
            )
            raise ApiError(404, message, param="input")
        return item


def _is_reference(given: object) -> bool:
    """Tell a reference, whose type may be left out: then it has an id and nothing else."""
    if not isinstance(given, dict) or "id" not in given:
        return False
    return given.get("type") == "item_reference" or (set(given) <= {"id", "type"} and not given.get("type"))


def _earlier_items(conversation: Conversation | None, previous: StoredResponse | None) -> list[JsonObject]:
    if conversation:
        return conversation.items
    return [*previous.context, *previous.body["output"]] if previous else []

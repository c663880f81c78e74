"""What came before a response."""

from dataclasses import dataclass

from simulator.conversations.conversations import Conversation, Conversations
from simulator.conversations.items import check_every_question_is_answered, input_items
from simulator.responses.store import StoredResponse, StoredResponses
from simulator.wire.bodies import JsonObject


@dataclass(frozen=True)
class History:
    """Where a request goes on.

    Attributes:
        input: The request's own items.
        context: Everything the model sees: earlier items, then the input.
        turns_before: The length of the chain before it, or of the conversation.
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
        new = input_items(request.get("input"))
        context = [*_earlier_items(conversation, previous), *new]
        check_every_question_is_answered(context)
        return History(conversation, new, context, _turns_before(conversation, previous))

    def _conversation(self, request: JsonObject) -> Conversation | None:
        match request.get("conversation"):
            case None:
                return None
            case {"id": conversation_id} | conversation_id:
                return self._conversations.get_free(conversation_id)

    def _previous(self, request: JsonObject) -> StoredResponse | None:
        previous_id = request.get("previous_response_id")
        return None if previous_id is None else self._stored.previous(previous_id)


def _earlier_items(conversation: Conversation | None, previous: StoredResponse | None) -> list[JsonObject]:
    if conversation:
        return conversation.items
    return [*previous.context, *previous.body["output"]] if previous else []


def _turns_before(conversation: Conversation | None, previous: StoredResponse | None) -> int:
    if conversation:
        return conversation.turns
    return previous.turns_before + 1 if previous else 0

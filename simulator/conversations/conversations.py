"""Conversations: items that outlive responses, and one response at a time."""

import time
from dataclasses import dataclass, field

from simulator.wire.bodies import JsonObject
from simulator.wire.errors import conversation_locked, not_found
from simulator.wire.identifiers import new_id


@dataclass
class Conversation:
    """A conversation.

    Attributes:
        turns: How many responses have joined it, those at work included.
        busy_with: The id of the response at work.
    """

    metadata: JsonObject
    items: list[JsonObject]
    id: str = field(default_factory=lambda: new_id("conv"))
    created_at: int = field(default_factory=lambda: int(time.time()))
    turns: int = 0
    busy_with: str | None = None

    def item(self, item_id: str) -> JsonObject:
        item = next((each for each in self.items if each["id"] == item_id), None)
        if item is None:
            raise not_found(f"Item with id '{item_id}' not found in conversation '{self.id}'.")
        return item

    def as_json(self) -> JsonObject:
        return {
            "id": self.id,
            "object": "conversation",
            "created_at": self.created_at,
            "metadata": self.metadata,
        }


class Conversations:
    def __init__(self) -> None:
        self._kept: dict[str, Conversation] = {}

    def add(self, conversation: Conversation) -> Conversation:
        self._kept[conversation.id] = conversation
        return conversation

    def get(self, conversation_id: object) -> Conversation:
        if not isinstance(conversation_id, str) or conversation_id not in self._kept:
            raise not_found(f"Conversation with id '{conversation_id}' not found.")
        return self._kept[conversation_id]

    def get_free(self, conversation_id: object) -> Conversation:
        """Get a conversation that no response is at work on.

        Raises:
            ApiError: It is unknown (404), or locked (400, which the SDK does not retry).
        """
        conversation = self.get(conversation_id)
        if conversation.busy_with is not None:
            raise conversation_locked()
        return conversation

    def item(self, item_id: object) -> JsonObject | None:
        """Find an item of any conversation."""
        items = (item for conversation in self._kept.values() for item in conversation.items)
        return next((item for item in items if item.get("id") == item_id), None)

    def delete(self, conversation_id: str) -> JsonObject:
        """Forget a conversation; the items in it stay with the responses that saw them."""
        del self._kept[self.get(conversation_id).id]
        return {"id": conversation_id, "object": "conversation.deleted", "deleted": True}

    def clear(self) -> None:
        self._kept.clear()

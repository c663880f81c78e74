"""The responses that were created, and who put out which item."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from simulator.conversations.conversations import Conversation
from simulator.responses.event_log import EventLog
from simulator.responses.object import TERMINAL_STATUSES, partial_images_wanted
from simulator.responses.output_events import output_events
from simulator.scenarios.turn import Turn
from simulator.wire.bodies import JsonObject, objects_in
from simulator.wire.errors import invalid, not_found


@dataclass
class StoredResponse:
    """A response and what it takes to bring it to its end.

    Attributes:
        body: The `Response` object as it is now.
        context: Everything the model sees: earlier items, then the input.
        turns_before: The turns of its scenario before this one; picks its turn.
        output: What its turn puts out in the end.
        is_kept: False once deleted, and for a foreground response with `store` false: it cannot be retrieved.
        log: Its stream, kept if it was created with one.
        told: How many events of its output have happened.
    """

    body: JsonObject
    input: list[JsonObject]
    context: list[JsonObject]
    turn: Turn
    turns_before: int
    output: list[JsonObject]
    conversation: Conversation | None
    is_kept: bool
    log: EventLog
    told: int = 0
    created_at: float = field(default_factory=time.time)
    ended_at: float | None = None
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    work: asyncio.Task[None] | None = None

    def __post_init__(self) -> None:
        self.output_events = output_events(self.output, partial_images=partial_images_wanted(self.body))

    @property
    def id(self) -> str:
        return str(self.body["id"])

    @property
    def is_over(self) -> bool:
        return self.body["status"] in TERMINAL_STATUSES

    @property
    def are_items_kept(self) -> bool:
        return self.is_kept and self.body["store"] is True


class StoredResponses:
    """All responses since the last reset."""

    def __init__(self) -> None:
        self._responses: dict[str, StoredResponse] = {}
        self._items: dict[str, tuple[StoredResponse, JsonObject]] = {}
        self._authors: dict[str, StoredResponse] = {}
        self._texts: set[str] = set()

    def add(self, stored: StoredResponse) -> None:
        self._responses[stored.id] = stored
        self._keep(stored, stored.input)

    def get(self, response_id: str) -> StoredResponse:
        stored = self._responses.get(response_id)
        if stored is None or not stored.is_kept:
            raise not_found(f"Response with id '{response_id}' not found.")
        return stored

    def previous(self, response_id: object) -> StoredResponse:
        """Get a response that another one goes on from.

        Raises:
            ApiError: It is unknown, or has not ended.
        """
        param = "previous_response_id"
        stored = self._responses.get(str(response_id))
        if stored is None or not stored.is_kept:
            message = f"Previous response with id '{response_id}' not found."
            raise invalid(param, message, code="previous_response_not_found")
        if not stored.is_over:
            status = stored.body["status"]
            raise invalid(param, f"Previous response with id '{response_id}' has not ended: it is {status}.")
        return stored

    def all(self) -> list[StoredResponse]:
        """List every response, deleted ones included, oldest first."""
        return list(self._responses.values())

    def keep_output(self, stored: StoredResponse) -> None:
        """Remember what a response has put out, so that it is known when a client sends it back."""
        self._keep(stored, stored.body["output"])
        for item in stored.body["output"]:
            for key in _names(item):
                self._authors[key] = stored
            self._texts |= {text_of(item)} - {""}

    def item(self, item_id: object) -> JsonObject | None:
        """Find an item that was put in or out, unless its response is deleted or was never stored."""
        stored, item = self._items.get(str(item_id), (None, None))
        return item if stored and stored.are_items_kept else None

    def author(self, item: JsonObject) -> str | None:
        """Name the response that put an item out, by what clients keep of it: its id, or that of its call."""
        stored = next((self._authors[key] for key in _names(item) if key in self._authors), None)
        return stored.id if stored else None

    def is_known(self, message: JsonObject) -> bool:
        """Tell whether some response has said just this."""
        return text_of(message) in self._texts

    def clear(self) -> None:
        for kept in (self._responses, self._items, self._authors, self._texts):
            kept.clear()

    def _keep(self, stored: StoredResponse, items: list[JsonObject]) -> None:
        self._items.update({str(item["id"]): (stored, item) for item in items if "id" in item})


def text_of(item: JsonObject) -> str:
    """Join the text of a message; anything else has none."""
    return "".join(str(part.get("text", "")) for part in objects_in(item.get("content")))


def _names(item: JsonObject) -> Iterator[str]:
    for key in ("id", "call_id"):
        if item.get(key):
            yield str(item[key])

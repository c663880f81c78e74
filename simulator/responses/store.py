"""The responses that were created."""

import asyncio
import time
from dataclasses import dataclass, field

from simulator.conversations.conversations import Conversation
from simulator.responses.event_log import EventLog
from simulator.responses.object import TERMINAL_STATUSES
from simulator.responses.output_events import output_events
from simulator.scenarios.turn import Turn
from simulator.wire.bodies import JsonObject
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
        self.output_events = output_events(self.output)

    @property
    def id(self) -> str:
        return str(self.body["id"])

    @property
    def is_over(self) -> bool:
        return self.body["status"] in TERMINAL_STATUSES


class StoredResponses:
    """All responses since the last reset."""

    def __init__(self) -> None:
        self._responses: dict[str, StoredResponse] = {}

    def add(self, stored: StoredResponse) -> None:
        self._responses[stored.id] = stored

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

    def clear(self) -> None:
        self._responses.clear()

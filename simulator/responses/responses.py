"""The Responses API: responses, foreground and background, from queued to their end."""

import asyncio
import time
from dataclasses import dataclass, field

from simulator.background import Background
from simulator.conversations.conversations import Conversation, Conversations
from simulator.conversations.items import check_every_question_is_answered, input_items
from simulator.responses.object import (
    TERMINAL_STATUSES,
    check_create,
    new_response,
    offered_tools,
    served_tier,
    usage,
)
from simulator.responses.output import output_items
from simulator.scenarios.scenarios import Scenarios
from simulator.scenarios.turn import Turn
from simulator.webhooks.delivery import Deliveries
from simulator.wire.bodies import JsonObject
from simulator.wire.errors import invalid, not_found

QUEUED_SHARE = 0.2


@dataclass
class StoredResponse:
    """A response and what it takes to bring it to its end.

    Attributes:
        body: The `Response` object as it is now.
        context: Everything the model sees: earlier items, then the input.
        turns_before: The length of the chain before it, or of the conversation; picks the scenario's turn.
        is_kept: False once deleted, and for a foreground response with `store` false: it cannot be retrieved.
    """

    body: JsonObject
    input: list[JsonObject]
    context: list[JsonObject]
    turn: Turn
    turns_before: int
    conversation: Conversation | None
    is_kept: bool
    created_at: float = field(default_factory=time.time)
    ended_at: float | None = None
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    work: asyncio.Task[None] | None = None

    @property
    def is_over(self) -> bool:
        return self.body["status"] in TERMINAL_STATUSES


class Responses:
    def __init__(
        self,
        *,
        scenarios: Scenarios,
        conversations: Conversations,
        deliveries: Deliveries,
        background: Background,
    ) -> None:
        self._scenarios = scenarios
        self._conversations = conversations
        self._deliveries = deliveries
        self._background = background
        self._responses: dict[str, StoredResponse] = {}

    async def create(self, request: JsonObject) -> JsonObject:
        """Create a response; a foreground one is answered when it has ended.

        Raises:
            ApiError: OpenAI would refuse the request.
        """
        check_create(request)
        stored = self._accept(request)
        stored.work = self._background.start(self._run(stored))
        if not stored.body["background"]:
            await stored.ended.wait()
        return stored.body

    def get(self, response_id: str) -> StoredResponse:
        stored = self._responses.get(response_id)
        if stored is None or not stored.is_kept:
            raise not_found(f"Response with id '{response_id}' not found.")
        return stored

    def cancel(self, response_id: str) -> JsonObject:
        """Cancel a background response; one that has ended is answered as it is."""
        stored = self.get(response_id)
        if not stored.body["background"]:
            raise invalid(None, "Cannot cancel a synchronous response.")
        if not stored.is_over:
            self._stop(stored)
            self._end(stored, {"status": "cancelled"})
        return stored.body

    def delete(self, response_id: str) -> JsonObject:
        """Delete a response; work on it stops without a webhook."""
        stored = self.get(response_id)
        self._stop(stored)
        stored.is_kept = False
        return {"id": response_id, "object": "response", "deleted": True}

    def all(self) -> list[StoredResponse]:
        """List every response since the last reset, deleted ones included, oldest first."""
        return list(self._responses.values())

    def clear(self) -> None:
        for stored in self._responses.values():
            stored.ended.set()
        self._responses.clear()

    def _accept(self, request: JsonObject) -> StoredResponse:
        conversation, previous = self._conversation(request), self._previous(request)
        new = input_items(request.get("input"))
        context = [*_earlier_items(conversation, previous), *new]
        check_every_question_is_answered(context)
        body = new_response(request, conversation.id if conversation else None)
        turns_before = _turns_before(conversation, previous)
        turn = self._scenarios.next_turn(
            body["metadata"],
            turns_before,
            offered_tools(request),
            is_parallel=body["parallel_tool_calls"],
        )
        is_kept = body["background"] or body["store"]
        stored = StoredResponse(body, new, context, turn, turns_before, conversation, is_kept=is_kept)
        if conversation:
            conversation.turns += 1
            conversation.busy_with = body["id"]
        self._responses[body["id"]] = stored
        return stored

    def _conversation(self, request: JsonObject) -> Conversation | None:
        match request.get("conversation"):
            case None:
                return None
            case {"id": conversation_id} | conversation_id:
                return self._conversations.get_free(conversation_id)

    def _previous(self, request: JsonObject) -> StoredResponse | None:
        previous_id = request.get("previous_response_id")
        if previous_id is None:
            return None
        stored = self._responses.get(str(previous_id))
        if stored is None or not stored.is_kept:
            raise invalid(
                "previous_response_id",
                f"Previous response with id '{previous_id}' not found.",
                code="previous_response_not_found",
            )
        if not stored.is_over:
            raise invalid(
                "previous_response_id",
                f"Previous response with id '{previous_id}' has not ended: it is {stored.body['status']}.",
            )
        return stored

    async def _run(self, stored: StoredResponse) -> None:
        turn = stored.turn
        await asyncio.sleep(turn.seconds * QUEUED_SHARE)
        stored.body["status"] = "in_progress"
        if turn.is_endless:
            await asyncio.Event().wait()
        await asyncio.sleep(turn.seconds * (1 - QUEUED_SHARE))
        self._end(stored, _outcome(stored))

    def _end(self, stored: StoredResponse, outcome: JsonObject) -> None:
        stored.body.update(outcome)
        stored.ended_at = time.time()
        stored.ended.set()
        if stored.conversation:
            stored.conversation.busy_with = None
            if stored.body["status"] in ("completed", "incomplete"):
                stored.conversation.items += [*stored.input, *stored.body["output"]]
        if stored.body["background"]:
            self._deliveries.announce(f"response.{stored.body['status']}", {"id": stored.body["id"]})

    def _stop(self, stored: StoredResponse) -> None:
        if stored.work:
            stored.work.cancel()
        if stored.conversation and stored.conversation.busy_with == stored.body["id"]:
            stored.conversation.busy_with = None
        stored.ended.set()


def _earlier_items(conversation: Conversation | None, previous: StoredResponse | None) -> list[JsonObject]:
    if conversation:
        return conversation.items
    return [*previous.context, *previous.body["output"]] if previous else []


def _turns_before(conversation: Conversation | None, previous: StoredResponse | None) -> int:
    if conversation:
        return conversation.turns
    return previous.turns_before + 1 if previous else 0


def _outcome(stored: StoredResponse) -> JsonObject:
    """Decide how a turn leaves its response."""
    turn = stored.turn
    if turn.failure:
        return {
            "status": "failed",
            "service_tier": served_tier(stored.body),
            "error": {"code": turn.failure.code, "message": turn.failure.message},
        }
    output = output_items(turn)
    done: JsonObject = {
        "output": output,
        "service_tier": served_tier(stored.body),
        "usage": usage(stored.context, output),
    }
    if turn.incomplete_reason:
        return done | {"status": "incomplete", "incomplete_details": {"reason": turn.incomplete_reason}}
    return done | {"status": "completed", "completed_at": int(time.time())}

"""The Responses API: responses, foreground and background, created, cancelled, deleted, streamed."""

from collections.abc import AsyncGenerator

from simulator.background import Background
from simulator.conversations.conversations import Conversations
from simulator.faults import Faults
from simulator.responses.compaction import compacted
from simulator.responses.event_log import EventLog
from simulator.responses.history import Histories
from simulator.responses.object import check_create, check_model, new_response, offered_tools, tools_of
from simulator.responses.output import output_items
from simulator.responses.store import StoredResponse, StoredResponses
from simulator.responses.work import ResponseWork
from simulator.scenarios.scenarios import Scenarios
from simulator.tokens import token_count
from simulator.webhooks.delivery import Deliveries
from simulator.wire.bodies import JsonObject
from simulator.wire.errors import invalid

type Events = AsyncGenerator[JsonObject]


class Responses:
    def __init__(
        self,
        *,
        scenarios: Scenarios,
        conversations: Conversations,
        deliveries: Deliveries,
        background: Background,
        faults: Faults,
    ) -> None:
        self._scenarios = scenarios
        self._faults = faults
        self._stored = StoredResponses()
        self._histories = Histories(conversations=conversations, stored=self._stored)
        self._work = ResponseWork(stored=self._stored, deliveries=deliveries, background=background)

    async def create(self, request: JsonObject) -> JsonObject:
        """Create a response; a foreground one is answered when it has ended.

        Raises:
            ApiError: OpenAI would refuse the request.
        """
        stored = self._accept(request)
        self._work.start(stored)
        if not stored.body["background"]:
            await stored.ended.wait()
        return stored.body

    def create_streamed(self, request: JsonObject) -> Events:
        """Create a response and read its events; who breaks off a foreground one cancels it.

        Raises:
            ApiError: OpenAI would refuse the request.
        """
        stored = self._accept(request)
        self._work.start(stored)
        return stored.log.read() if stored.body["background"] else self._read_or_cancel(stored)

    def events(self, response_id: str, *, starting_after: int) -> Events:
        """Read the events of a background response again.

        Raises:
            ApiError: It was not created to be read so.
        """
        stored = self.get(response_id)
        for key, was_given in (("background", stored.body["background"]), ("stream", stored.log.is_kept)):
            if not was_given:
                message = f"This response cannot be streamed because it was not created with {key}=true."
                raise invalid("stream", message, code="invalid_request_error")
        return stored.log.read(starting_after=starting_after)

    def get(self, response_id: str) -> StoredResponse:
        return self._stored.get(response_id)

    def cancel(self, response_id: str) -> StoredResponse:
        """Cancel a background response, now or a while later; one that has ended is answered as it is."""
        stored = self.get(response_id)
        if not stored.body["background"]:
            raise invalid(None, "Cannot cancel a synchronous response.")
        if not stored.is_over:
            self._work.cancel(stored, seconds=self._faults.api.cancel_seconds)
        return stored

    def delete(self, response_id: str) -> JsonObject:
        """Delete a response; work on it stops without a webhook."""
        stored = self.get(response_id)
        self._work.stop(stored)
        stored.is_kept = False
        return {"id": response_id, "object": "response", "deleted": True}

    def compact(self, request: JsonObject) -> JsonObject:
        """Make a history short.

        Raises:
            ApiError: OpenAI would refuse the request.
        """
        check_model(request)
        history = self._histories.of(request)
        return compacted(history.context, history.turns_before)

    def count_tokens(self, request: JsonObject) -> JsonObject:
        """Count what a create with this body would have the model read."""
        context = self._histories.of(request).context
        read = [*context, *filter(None, [request.get("instructions"), *tools_of(request)])]
        return {"object": "response.input_tokens", "input_tokens": token_count(read)}

    def all(self) -> list[StoredResponse]:
        """List every response since the last reset, deleted ones included, oldest first."""
        return self._stored.all()

    def clear(self) -> None:
        for stored in self._stored.all():
            self._work.stop(stored)
        self._stored.clear()

    def _accept(self, request: JsonObject) -> StoredResponse:
        check_create(request)
        history = self._histories.of(request)
        body = new_response(request, history.conversation.id if history.conversation else None)
        turn = self._scenarios.next_turn(
            body["metadata"],
            history.turns_before,
            offered_tools(request),
            is_parallel=body["parallel_tool_calls"],
        )
        stored = StoredResponse(
            body=body,
            input=history.input,
            context=history.context,
            turn=turn,
            turns_before=history.turns_before,
            output=[] if turn.failure else output_items(turn),
            conversation=history.conversation,
            is_kept=body["background"] or body["store"],
            log=EventLog(is_kept=request.get("stream") is True),
        )
        self._stored.add(stored)
        return stored

    async def _read_or_cancel(self, stored: StoredResponse) -> Events:
        try:
            async for event in stored.log.read():
                yield event
        finally:
            if not stored.ended.is_set():
                self._work.cancel(stored)

"""What a response goes through: queued, in progress, its output, its end."""

import asyncio
import time

from simulator.background import Background
from simulator.responses.object import served_tier, usage
from simulator.responses.output_so_far import output_so_far, unfinished
from simulator.responses.store import StoredResponse, StoredResponses
from simulator.webhooks.delivery import Deliveries
from simulator.wire.bodies import JsonObject
from simulator.wire.pieces import paced

QUEUED_SHARE = 0.2


class ResponseWork:
    def __init__(self, *, stored: StoredResponses, deliveries: Deliveries, background: Background) -> None:
        self._stored = stored
        self._deliveries = deliveries
        self._background = background

    def start(self, stored: StoredResponse) -> None:
        """Begin to work on a response, which keeps its conversation from others."""
        if stored.conversation:
            stored.conversation.turns += 1
            stored.conversation.busy_with = stored.id
        _tell(stored, "response.created")
        if stored.body["background"]:
            _tell(stored, "response.queued")
        stored.work = self._background.start(self._run(stored))

    def cancel(self, stored: StoredResponse, *, seconds: float = 0.0) -> None:
        """Cancel a response that has not ended, now or a while later; what it had put out stays."""
        if seconds:
            self._background.start(self._cancel_after(seconds, stored))
        else:
            self._cancel(stored)

    async def _cancel_after(self, seconds: float, stored: StoredResponse) -> None:
        await asyncio.sleep(seconds)
        if stored.is_kept and not stored.is_over:
            self._cancel(stored)

    def _cancel(self, stored: StoredResponse) -> None:
        self.stop(stored)
        output = output_so_far(stored.output_events[: stored.told])
        self._end(stored, {"status": "cancelled", "output": output})

    def stop(self, stored: StoredResponse) -> None:
        """Stop working on a response, as if it had never been."""
        if stored.work:
            stored.work.cancel()
        if stored.conversation and stored.conversation.busy_with == stored.id:
            stored.conversation.busy_with = None
        stored.ended.set()
        stored.log.close()

    async def _run(self, stored: StoredResponse) -> None:
        turn = stored.turn
        await asyncio.sleep(turn.seconds * QUEUED_SHARE)
        stored.body["status"] = "in_progress"
        _tell(stored, "response.in_progress")
        await _put_out(stored, turn.seconds * (1 - QUEUED_SHARE))
        if turn.is_endless:
            await asyncio.Event().wait()
        self._end(stored, _outcome(stored))

    def _end(self, stored: StoredResponse, outcome: JsonObject) -> None:
        stored.body.update(outcome)
        stored.ended_at = time.time()
        stored.ended.set()
        self._stored.keep_output(stored)
        status = stored.body["status"]
        if status != "cancelled":  # of which no event tells: the stream just ends
            _tell(stored, f"response.{status}")
        stored.log.close()
        if stored.conversation:
            stored.conversation.busy_with = None
            if status in ("completed", "incomplete"):
                stored.conversation.items += [*stored.input, *stored.body["output"]]
        if stored.body["background"]:
            self._deliveries.announce(f"response.{status}", {"id": stored.id})


async def _put_out(stored: StoredResponse, seconds: float) -> None:
    """Put the output out, piece by piece, in just this time."""
    events = unfinished(stored.output_events) if stored.turn.is_endless else stored.output_events
    async for batch in paced(events, seconds):
        stored.told += len(batch)
        for event in batch:
            stored.log.tell(event["type"], event)


def _tell(stored: StoredResponse, kind: str) -> None:
    """Tell the response as it is now."""
    stored.log.tell(kind, {"response": dict(stored.body)})


def _outcome(stored: StoredResponse) -> JsonObject:
    """Decide how a turn leaves its response."""
    turn, tier = stored.turn, served_tier(stored.body)
    if turn.failure:
        error = {"code": turn.failure.code, "message": turn.failure.message}
        return {"status": "failed", "service_tier": tier, "error": error}
    done: JsonObject = {
        "output": stored.output,
        "service_tier": tier,
        "usage": usage(stored.context, stored.output),
    }
    if turn.incomplete_reason:
        return done | {"status": "incomplete", "incomplete_details": {"reason": turn.incomplete_reason}}
    return done | {"status": "completed", "completed_at": int(time.time())}

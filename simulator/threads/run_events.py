"""The events of a run's stream that tell a part of something, and those that end it."""

from collections.abc import Iterator

from simulator.wire.bodies import JsonObject
from simulator.wire.pieces import words

# What ends a stream: the run has ended, or it waits for its client.
LAST = tuple(
    f"thread.run.{status}"
    for status in ("requires_action", "completed", "incomplete", "failed", "cancelled", "expired")
)
DONE = b"event: done\ndata: [DONE]\n\n"


def message_delta(message: JsonObject, piece: str) -> JsonObject:
    """Tell a piece of the text that is about to be added to a message."""
    begun: JsonObject = {} if message["content"] else {"annotations": []}
    delta = {"content": [{"index": 0, "type": "text", "text": {"value": piece} | begun}]}
    return {"id": message["id"], "object": "thread.message.delta", "delta": delta}


def call_deltas(step: JsonObject) -> Iterator[JsonObject]:
    """Tell the calls of a step, one after the other: who is called, then the arguments in pieces."""
    for at, call in enumerate(step["step_details"]["tool_calls"]):
        named = {"name": call["function"]["name"], "arguments": "", "output": None}
        yield _step_delta(step, {"index": at, "type": "function", "id": call["id"], "function": named})
        for piece in words(call["function"]["arguments"]):
            yield _step_delta(step, {"index": at, "type": "function", "function": {"arguments": piece}})


def uncalled(step: JsonObject) -> JsonObject:
    """Make a step as it is before any of its calls."""
    return step | {"step_details": {"type": "tool_calls", "tool_calls": []}}


def _step_delta(step: JsonObject, call: JsonObject) -> JsonObject:
    delta = {"step_details": {"type": "tool_calls", "tool_calls": [call]}}
    return {"id": step["id"], "object": "thread.run.step.delta", "delta": delta}

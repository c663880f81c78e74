"""What the model is told: the answers in a request to OpenAI, held against the records of the calls."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.harness.wire import Request
from tests.interleavings.busy_world import BusyWorld

OPEN = frozenset({"pending", "awaiting_decision", "running"})


@dataclass(frozen=True)
class Answered:
    """One answer to one call.

    Attributes:
        text: What is told; nothing for an approval.
        is_approved: Whether an approval is given; nothing for a call.
    """

    call_id: str
    text: str | None = None
    is_approved: bool | None = None


def answers_in(request: Request) -> list[Answered]:
    """Read the answers that a request gives the model."""
    body: Any = request.body
    if not request.operation.startswith("POST") or not isinstance(body, dict):
        return []
    given = body.get("tool_outputs") or body.get("events") or body.get("input")
    return list(filter(None, map(_answered, given))) if isinstance(given, list) else []


def _answered(given: Mapping[str, Any]) -> Answered | None:
    match given:
        case {"type": "function_call_output", "call_id": call_id, "output": output}:
            return Answered(call_id, output)
        case {"tool_call_id": call_id, "output": output}:
            return Answered(call_id, output)
        case {"type": "agent.session.input.tool_result", "call_id": call_id}:
            return Answered(call_id, given.get("output", given.get("error")))
        case {"approval_request_id": call_id, "approve": approve}:
            return Answered(call_id, is_approved=approve)
        case {"request_id": call_id, "response": response}:
            return Answered(call_id, is_approved=response.get("decision") == "approve")
        case _:
            return None


def wrong_answers(world: BusyWorld, request: Request) -> Iterator[str]:
    """Say what is told that is not so, or not so yet."""
    answers = answers_in(request)
    if not answers:
        return
    calls = {call["call_id"]: call for call in world.show()["calls"]}
    for answer in answers:
        call = calls.get(answer.call_id)
        if call is None:
            yield f"the model is told about a call that is on no record: {answer.text!r}"
        elif call["outcome"] in OPEN:
            yield f"the model is told {answer.text!r} about {call['name']}, which is {call['outcome']}"
        elif not is_so(call, answer):
            yield f"the model is told {answer}, and the record says {call['outcome']} {call['output']!r}"


def is_so(call: Mapping[str, Any], answer: Answered) -> bool:
    """Say whether an answer is what the call's record says."""
    if answer.is_approved is not None:
        return answer.is_approved == (call["outcome"] == "succeeded")
    if call["output"] is not None:
        return bool(answer.text == call["output"])
    return bool(call["error"]) and answer.text == json.dumps({"error": call["error"]["message"]})

"""The `Run` object of the Assistants API, in the shape of the SDK's model."""

import json
import time
from collections.abc import Sequence

from simulator.scenarios.turn import Turn
from simulator.threads.assistants import check_sampling, checked_tools
from simulator.tokens import token_count
from simulator.wire.bodies import JsonObject
from simulator.wire.errors import invalid
from simulator.wire.identifiers import new_call_id, new_id
from simulator.wire.metadata import checked_metadata

EXPIRES_SECONDS = 600.0
TERMINAL_STATUSES = ("cancelled", "failed", "completed", "incomplete", "expired")
# What the model's limit is called here.
INCOMPLETE_REASONS = {"max_output_tokens": "max_completion_tokens"}


def new_run(request: JsonObject, thread_id: str, assistant: JsonObject) -> JsonObject:
    """Make the run that a create answers with; what the request leaves open is the assistant's.

    Raises:
        ApiError: OpenAI would refuse the request.
    """
    check_sampling(request)
    tools = assistant["tools"] if request.get("tools") is None else checked_tools(request)
    chosen = {
        key: assistant[key] if request.get(key) is None else request[key]
        for key in ("model", "temperature", "top_p", "response_format")
    }
    return chosen | {
        "id": new_id("run"),
        "object": "thread.run",
        "created_at": int(time.time()),
        "thread_id": thread_id,
        "assistant_id": assistant["id"],
        "status": "queued",
        "instructions": _instructions(request, assistant),
        "tools": tools,
        "metadata": checked_metadata(request),
        "required_action": None,
        "last_error": None,
        "incomplete_details": None,
        "expires_at": int(time.time() + EXPIRES_SECONDS),
        **dict.fromkeys(("started_at", "completed_at", "cancelled_at", "failed_at", "usage")),
        **{key: request.get(key) for key in ("max_prompt_tokens", "max_completion_tokens")},
        "parallel_tool_calls": request.get("parallel_tool_calls", True),
        "tool_choice": request.get("tool_choice") or "auto",
        "truncation_strategy": request.get("truncation_strategy") or {"type": "auto", "last_messages": None},
    }


def required_action(turn: Turn) -> JsonObject:
    calls = [
        {
            "id": call.call_id or new_call_id(),
            "type": "function",
            "function": {"name": call.name, "arguments": call.arguments_text},
        }
        for call in turn.calls
    ]
    return {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": calls}}


def ending(turn: Turn) -> JsonObject:
    """Decide how a turn of a scenario that calls nothing ends its run."""
    now = int(time.time())
    if turn.is_expired:
        return {"status": "expired"}
    if turn.failure:
        error = {"code": turn.failure.code, "message": turn.failure.message}
        return {"status": "failed", "last_error": error, "failed_at": now}
    if turn.incomplete_reason:
        reason = INCOMPLETE_REASONS.get(turn.incomplete_reason, turn.incomplete_reason)
        return {"status": "incomplete", "incomplete_details": {"reason": reason}}
    return {"status": "completed", "completed_at": now}


def check_outputs(run: JsonObject, outputs: object) -> None:
    """Refuse outputs that are not those of all the pending calls.

    Raises:
        ApiError: With OpenAI's words.
    """
    if run["status"] != "requires_action":
        raise invalid(None, f'Runs in status "{run["status"]}" do not accept tool outputs.')
    if not isinstance(outputs, list) or not all(_is_output(output) for output in outputs):
        raise invalid("tool_outputs", "'tool_outputs' must be a list of tool_call_id and output, a string.")
    asked = [call["id"] for call in run["required_action"]["submit_tool_outputs"]["tool_calls"]]
    given = [output["tool_call_id"] for output in outputs]
    if sorted(asked) != sorted(given):
        expected, got = json.dumps(asked), json.dumps(given)
        raise invalid("tool_outputs", f"Expected tool outputs for call_ids {expected}, got {got}")


def usage(messages: Sequence[JsonObject], answers: Sequence[JsonObject]) -> JsonObject:
    read, written = token_count(messages), token_count(answers)
    return {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}


def _is_output(output: object) -> bool:
    match output:
        case {"tool_call_id": str(), "output": str()}:
            return True
        case _:
            return False


def _instructions(request: JsonObject, assistant: JsonObject) -> str:
    given = request.get("instructions")
    whole = (assistant["instructions"] or "") if given is None else given
    more = request.get("additional_instructions")
    return f"{whole}\n\n{more}" if more else whole

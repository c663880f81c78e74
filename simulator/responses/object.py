"""The `Response` object of the Responses API, in the shape of the SDK's model."""

import time
from collections.abc import Mapping, Sequence

from simulator.responses.refusals import check_request
from simulator.scenarios.scenarios import OfferedTool
from simulator.tokens import token_count
from simulator.wire.bodies import JsonObject, objects_in
from simulator.wire.errors import invalid, missing_parameter
from simulator.wire.identifiers import new_id
from simulator.wire.metadata import checked_metadata

TERMINAL_STATUSES = ("completed", "failed", "cancelled", "incomplete")

# What a request may set and the response repeats, with what it says when the request is silent.
ECHOED: Mapping[str, object] = {
    "instructions": None,
    "max_output_tokens": None,
    "max_tool_calls": None,
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "prompt": None,
    "prompt_cache_key": None,
    "reasoning": {"effort": None, "summary": None},
    "safety_identifier": None,
    "service_tier": "auto",
    "store": True,
    "temperature": 1.0,
    "text": {"format": {"type": "text"}, "verbosity": "medium"},
    "tool_choice": "auto",
    "tools": [],
    "top_logprobs": 0,
    "top_p": 1.0,
    "truncation": "disabled",
    "user": None,
}


def check_create(body: JsonObject) -> None:
    """Refuse a create body that OpenAI would refuse by itself, whatever else exists.

    Raises:
        ApiError: With OpenAI's words where they are known.
    """
    check_model(body)
    if body.get("previous_response_id") and body.get("conversation"):
        raise invalid(
            None,
            "Mutually exclusive parameters: provide only one of 'previous_response_id' and 'conversation'.",
            code="mutually_exclusive_parameters",
        )
    for key in ("background", "store", "stream", "parallel_tool_calls"):
        if not isinstance(body.get(key), bool | None):
            raise invalid(key, f"Invalid type for '{key}': expected a boolean.", code="invalid_type")
    for at, tool in enumerate(tools_of(body)):
        _check_tool(tool, f"tools[{at}]")
    check_request(body)
    checked_metadata(body)


def check_model(body: JsonObject) -> None:
    if not isinstance(body.get("model"), str) or not body["model"]:
        raise missing_parameter("model")


def new_response(body: JsonObject, conversation_id: str | None) -> JsonObject:
    """Make the response that a create answers with before the model has done anything."""
    is_background = body.get("background") is True
    echoed = {key: value if body.get(key) is None else body[key] for key, value in ECHOED.items()}
    return {
        "id": new_id("resp"),
        "object": "response",
        "created_at": int(time.time()),
        "status": "queued" if is_background else "in_progress",
        "background": is_background,
        "completed_at": None,
        "conversation": {"id": conversation_id} if conversation_id else None,
        "error": None,
        "incomplete_details": None,
        "metadata": checked_metadata(body),
        "model": body["model"],
        "output": [],
        "usage": None,
        **echoed,
        "tools": [_echoed_tool(tool) for tool in tools_of(body)],
    }


def served_tier(body: JsonObject) -> str:
    """Name the tier that a response was served in, which is known when it has ended: `auto` is none."""
    return "default" if body["service_tier"] == "auto" else str(body["service_tier"])


def usage(seen: Sequence[JsonObject], output: Sequence[JsonObject]) -> JsonObject:
    """Count tokens roughly; like OpenAI, all that the model saw again is counted again."""
    read, written = token_count(seen), token_count(output)
    return {
        "input_tokens": read,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": written,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": read + written,
    }


def tools_of(body: JsonObject) -> list[object]:
    tools = body.get("tools")
    if not isinstance(tools, list | None):
        raise invalid("tools", "Invalid type for 'tools': expected an array.", code="invalid_type")
    return tools or []


def offered_tools(body: JsonObject) -> list[OfferedTool]:
    """List the functions that the model may call."""
    if body.get("tool_choice") == "none":
        return []
    return [
        OfferedTool(tool["name"], tool.get("parameters"))
        for tool in tools_of(body)
        if isinstance(tool, dict) and tool.get("type") == "function"
    ]


def partial_images_wanted(body: JsonObject) -> int:
    """Count the pictures of an image on its way that the request asks for; only streams have them."""
    asked = (tool.get("partial_images") for tool in objects_in(body["tools"]))
    return max((count for count in asked if isinstance(count, int)), default=0)


def _echoed_tool(tool: object) -> object:
    """Repeat a tool as OpenAI does: a function is strict unless the request says that it is not."""
    if not isinstance(tool, dict) or tool.get("type") != "function":
        return tool
    is_strict = tool.get("strict") is not False
    return {"description": None, "parameters": None} | tool | {"strict": is_strict}


def _check_tool(tool: object, where: str) -> None:
    if not isinstance(tool, dict):
        raise invalid(where, f"Invalid type for '{where}': expected an object.", code="invalid_type")
    for key in ("type", "name") if tool.get("type") == "function" else ("type",):
        if not isinstance(tool.get(key), str):
            raise missing_parameter(f"{where}.{key}")

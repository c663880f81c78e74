"""What OpenAI itself refuses in the SDK's examples, mended before the simulator sees them.

The examples are made from the types alone: they name a conversation and a previous response at once, leave
out the model, offer a strict function whose schema is `{"foo": "bar"}`. Each mend says what OpenAI asks for.
"""

from typing import Any
from urllib.parse import parse_qsl

from props import MODEL, Made, Props

NAMED = {"assistant_id": "assistants", "agent_id": "agents", "environment_template_id": "templates"}
SCHEMA = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}


async def mended_body(
    method: str, path: str, body: dict[str, Any], made: Made, props: Props
) -> dict[str, Any]:
    """Mend the body of a request."""
    if method != "POST":
        return body
    mended = await _with_ids(_with_schemas(body), props)
    if not mended.get("stream"):
        mended.pop("stream_options", None)
    if "url" in mended:
        mended["url"] = props.hook
    match path.rsplit("/", 1)[-1]:
        case "responses" | "input_tokens":
            return await _response(mended, props)
        case "compact":
            return _without_users(mended)
        case "sessions":
            return {"agent": {"model": MODEL}, "input": "hello"} | mended
        case "submit_tool_outputs" | "events":
            return mended | _answers(made, mended)
    return mended


def mended_query(query: str) -> list[tuple[str, str]]:
    """Mend the query: a cursor must be of the list, and a page holds something."""
    return [
        (key, "1" if (key, value) == ("limit", "0") else value)
        for key, value in parse_qsl(query, keep_blank_values=True)
        if key not in ("after", "before", "page")
    ]


async def _response(body: dict[str, Any], props: Props) -> dict[str, Any]:
    """Say what is read by which model, and continue one thing and not two."""
    mended = {"model": MODEL} | body
    if mended.get("conversation"):
        mended["conversation"] = await props.id_of("conversations")
        mended.pop("previous_response_id", None)
    if mended.get("previous_response_id"):
        mended["previous_response_id"] = await props.id_of("responses")
    if mended.get("max_tool_calls") == 0:
        mended["max_tool_calls"] = 1
    mended.setdefault("input", "hello")
    return mended


def _answers(made: Made, body: dict[str, Any]) -> dict[str, Any]:
    """Answer the calls or requests that are pending."""
    if "tool_outputs" in body:
        calls = made.object["required_action"]["submit_tool_outputs"]["tool_calls"]
        return {"tool_outputs": [{"tool_call_id": call["id"], "output": "output"} for call in calls]}
    named = zip(body["events"], made.object["required_actions"], strict=True)
    return {"events": [event | {"request_id": action["request_id"]} for event, action in named]}


def _without_users(body: dict[str, Any]) -> dict[str, Any]:
    """Have nothing compacted that a user said.

    By its docstring the SDK's `CompactedResponse` begins with all user messages; its type knows none.
    """
    said = {"type": "message", "role": "assistant", "content": "hello"}
    return {key: value for key, value in body.items() if key != "previous_response_id"} | {"input": [said]}


def _with_schemas(given: Any) -> Any:
    """Give each function a schema of an object, not `{"foo": "bar"}`, and each file a whole path."""
    if isinstance(given, list):
        return [_with_schemas(each) for each in given]
    if not isinstance(given, dict):
        return given
    mended = {key: _with_schemas(value) for key, value in given.items()}
    if mended.get("parameters") == {"foo": "bar"}:
        mended["parameters"] = SCHEMA
    if mended.get("path") in ("x", "path"):
        mended["path"] = "/workspace/path"
    return mended


async def _with_ids(body: dict[str, Any], props: Props) -> dict[str, Any]:
    """Have a body name what is there."""
    return {
        key: await props.id_of(NAMED[key])
        if key in NAMED
        else await _with_ids(value, props)
        if isinstance(value, dict)
        else value
        for key, value in body.items()
    }

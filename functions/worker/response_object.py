"""A Response object, read as a turn.

As plain JSON, for the SDK's classes take an unknown type for the first member of their union; and as far as
it goes: whatever is not of the documented shape counts as absent.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from runrelay.records import Failure

from functions.worker.core.observation import RequestedCall, TurnSeen

type Object = Mapping[str, Any]

_WITHOUT_ANSWER = frozenset(
    {
        "additional_tools",
        "code_interpreter_call",
        "compaction",
        "file_search_call",
        "image_generation_call",
        "mcp_approval_response",
        "mcp_call",
        "mcp_list_tools",
        "message",
        "program",
        "program_output",
        "reasoning",
        "tool_search_output",
        "web_search_call",
    }
)
"""Items that ask nothing of us; from the SDK's ResponseOutputItem."""


def turn_seen(response: Object) -> TurnSeen:
    """Read a Response object, which has an `id` and a `status`, as a turn."""
    output = _objects(response.get("output"))
    turn = _text(_object(response.get("metadata")).get("turn"))
    calls = [item for item in output if _is_call(item)]
    return TurnSeen(
        provider_id=response["id"],
        status=response["status"],
        calls=tuple(
            RequestedCall(item["call_id"], item["name"], _text(item.get("arguments"))) for item in calls
        ),
        unanswerable=tuple(
            _text(item.get("type")) or "untyped" for item in output if _is_left_open(item, output)
        ),
        output_text=_output_text(output),
        usage=_object(response.get("usage")) or None,
        error=_failure(response),
        run_turn=int(turn) if turn.isdecimal() else None,
        body=response,
    )


def _object(value: Any) -> Object:  # noqa: ANN401 - any JSON
    return value if isinstance(value, dict) else {}


def _objects(value: Any) -> Sequence[Object]:  # noqa: ANN401 - any JSON
    return [_object(item) for item in value] if isinstance(value, list) else []


def _text(value: Any) -> str:  # noqa: ANN401 - any JSON
    return value if isinstance(value, str) else ""


def _is_call(item: Object) -> bool:
    return item.get("type") == "function_call" and bool(
        _text(item.get("call_id")) and _text(item.get("name"))
    )


def _is_left_open(item: Object, output: Sequence[Object]) -> bool:
    """Say whether an item waits for an answer we cannot give, or is of a type that nobody here knows.

    A call that OpenAI answered itself (a hosted shell, say) has its output in the same list.
    """
    kind = _text(item.get("type"))
    if kind in _WITHOUT_ANSWER or kind.endswith("_call_output") or _is_call(item):
        return False
    return not any(
        other.get("type") == f"{kind}_output" and other.get("call_id") == item.get("call_id")
        for other in output
    )


def _output_text(output: Sequence[Object]) -> str:
    """Join the text of the messages, as the SDK's `output_text` does."""
    return "".join(
        _text(part.get("text"))
        for item in output
        if item.get("type") == "message"
        for part in _objects(item.get("content"))
        if part.get("type") == "output_text"
    )


def _failure(response: Object) -> Failure | None:
    """Say why a turn ended badly, in the provider's words."""
    if error := _object(response.get("error")):
        return Failure(_text(error.get("code")) or "unknown", _text(error.get("message")))
    if details := _object(response.get("incomplete_details")):
        return Failure(_text(details.get("reason")) or "unknown", "The turn was cut short.")
    return None

"""A Response object, read as a turn.

A Response that calls functions ends `completed`, with the calls among its output items.
"""

from collections.abc import Iterator, Sequence

from contracts.records import Failure

from functions.worker.core.observation import RequestedCall, TurnSeen
from functions.worker.openai.marks import marks_in
from functions.worker.openai.plain_json import Object, failure_in, object_in, objects_in, text_in

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
    output = objects_in(response.get("output"))
    run_id, run_turn = marks_in(response)
    return TurnSeen(
        provider_id=response["id"],
        status=response["status"],
        calls=tuple(_requested(output)),
        unanswerable=tuple(
            text_in(item.get("type")) or "untyped" for item in output if _is_left_open(item, output)
        ),
        output_text=_output_text(output),
        usage=object_in(response.get("usage")) or None,
        error=_failure(response),
        run_id=run_id,
        run_turn=run_turn,
        body=response,
    )


def _requested(output: Sequence[Object]) -> Iterator[RequestedCall]:
    for item in output:
        if _is_call(item):
            yield RequestedCall(item["call_id"], item["name"], text_in(item.get("arguments")))
        elif _is_approval_request(item):
            name = f"{text_in(item.get('server_label'))}.{text_in(item.get('name'))}"
            yield RequestedCall(item["id"], name, text_in(item.get("arguments")), type="mcp_approval_request")


def _is_call(item: Object) -> bool:
    return item.get("type") == "function_call" and bool(
        text_in(item.get("call_id")) and text_in(item.get("name"))
    )


def _is_approval_request(item: Object) -> bool:
    return item.get("type") == "mcp_approval_request" and bool(text_in(item.get("id")))


def _is_left_open(item: Object, output: Sequence[Object]) -> bool:
    """Say whether an item waits for an answer we cannot give, or is of a type that nobody here knows.

    A call that OpenAI answered itself (a hosted shell, say) has its output in the same list.
    """
    kind = text_in(item.get("type"))
    if kind in _WITHOUT_ANSWER or kind.endswith("_call_output"):
        return False
    if _is_call(item) or _is_approval_request(item):
        return False
    return not any(
        other.get("type") == f"{kind}_output" and other.get("call_id") == item.get("call_id")
        for other in output
    )


def _output_text(output: Sequence[Object]) -> str:
    """Join the text of the messages, as the SDK's `output_text` does."""
    return "".join(
        text_in(part.get("text"))
        for item in output
        if item.get("type") == "message"
        for part in objects_in(item.get("content"))
        if part.get("type") == "output_text"
    )


def _failure(response: Object) -> Failure | None:
    """Say why a turn ended badly, in the provider's words."""
    if failure := failure_in(response.get("error")):
        return failure
    if details := object_in(response.get("incomplete_details")):
        return Failure(text_in(details.get("reason")) or "unknown", "The turn was cut short.")
    return None

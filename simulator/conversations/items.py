"""The items that a request puts in, and which of them must be answered."""

from collections.abc import Sequence
from dataclasses import dataclass

from simulator.conversations.item_limits import check_each_is_new, check_item
from simulator.wire.bodies import JsonObject
from simulator.wire.errors import invalid, missing_parameter
from simulator.wire.identifiers import new_id

ID_PREFIXES = {
    "message": "msg",
    "function_call": "fc",
    "function_call_output": "fc",
    "mcp_approval_request": "mcpr",
    "mcp_approval_response": "mcpa",
    "reasoning": "rs",
}


@dataclass(frozen=True)
class Pairing:
    """A kind of item that the next request must answer, and the kind that answers it."""

    question: str
    question_id: str
    answer: str
    answer_id: str
    unanswered: str
    unasked: str


# The first text is OpenAI's own (from memory and forums); the others follow its form.
PAIRINGS = (
    Pairing(
        "function_call", "call_id", "function_call_output", "call_id",
        "No tool output found for function call {}.",
        "No tool call found for function call output with call_id {}.",
    ),
    Pairing(
        "custom_tool_call", "call_id", "custom_tool_call_output", "call_id",
        "No tool output found for custom tool call {}.",
        "No tool call found for custom tool call output with call_id {}.",
    ),
    Pairing(
        "mcp_approval_request", "id", "mcp_approval_response", "approval_request_id",
        "No approval response found for MCP approval request {}.",
        "No approval request found for MCP approval response with approval_request_id {}.",
    ),
)  # fmt: skip


def input_items(given: object, *, param: str = "input") -> list[JsonObject]:
    """Make the items of a request's input, which may also be one text or absent.

    Raises:
        ApiError: It is none of these.
    """
    if given is None:
        return []
    if isinstance(given, str):
        given = [{"role": "user", "content": given}]
    if not isinstance(given, list):
        raise invalid(
            param, f"Invalid type for '{param}': expected a string or an array.", code="invalid_type"
        )
    items = [_input_item(item, f"{param}[{at}]") for at, item in enumerate(given)]
    check_each_is_new(items, param)
    return items


def check_every_question_is_answered(context: Sequence[JsonObject]) -> None:
    """Refuse a context in which a call or an approval lacks its answer, or an answer its question.

    Args:
        context: All that the model would see: earlier items first, then the new input.

    Raises:
        ApiError: The first item without its counterpart.
    """
    for pairing in PAIRINGS:
        asked = _ids(context, pairing.question, pairing.question_id)
        answered = _ids(context, pairing.answer, pairing.answer_id)
        may_wait = {item["call_id"] for item in context if item.get("async") is True and "call_id" in item}
        for missing in (each for each in asked if each not in answered and each not in may_wait):
            raise invalid("input", pairing.unanswered.format(missing))
        for stray in (each for each in answered if each not in asked):
            raise invalid("input", pairing.unasked.format(stray))


def _ids(items: Sequence[JsonObject], kind: str, key: str) -> list[str]:
    return [str(item.get(key)) for item in items if item.get("type") == kind]


def _input_item(given: object, where: str) -> JsonObject:
    if not isinstance(given, dict):
        raise invalid(where, f"Invalid type for '{where}': expected an object.", code="invalid_type")
    item: JsonObject = {"type": "message"} | given
    if not isinstance(item["type"], str):
        raise invalid(f"{where}.type", f"Invalid type for '{where}.type': expected a string.")
    check_item(item, where)
    _check_answer(item, where)
    if item["type"].endswith(("message", "_call", "_output")):
        item["status"] = item.get("status") or "completed"
    if item["type"] == "message" and isinstance(item.get("content"), str):
        kind = "output_text" if item.get("role") == "assistant" else "input_text"
        item["content"] = [{"type": kind, "text": item["content"]}]
    if item["type"] == "message":
        item["content"] = [_part(part) for part in item["content"]]
    if not item.get("id"):
        item["id"] = new_id(ID_PREFIXES.get(item["type"], "item"))
    return item


def _part(part: object) -> object:
    """Make a part of a message as it is told: what the model has said comes with its annotations."""
    if not isinstance(part, dict) or part.get("type") != "output_text":
        return part
    return {"annotations": [], "logprobs": []} | part


def _check_answer(item: JsonObject, where: str) -> None:
    needed = {
        "message": ("role", "content"),
        "function_call_output": ("call_id", "output"),
        "custom_tool_call_output": ("call_id", "output"),
        "mcp_approval_response": ("approval_request_id", "approve"),
    }
    for key in needed.get(item["type"], ()):
        if item.get(key) is None:
            raise missing_parameter(f"{where}.{key}")
    if item["type"] == "function_call_output" and not isinstance(item["output"], str | list):
        raise invalid(
            f"{where}.output",
            f"Invalid type for '{where}.output': expected a string or an array.",
            code="invalid_type",
        )

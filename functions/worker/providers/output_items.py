"""The items of a Response's output: which ask something of us, and which wait for what we cannot give.

A test holds the table against the SDK's union of output items. A type that is not in it asks nothing: what is
new to us is normal, and whatever had to be answered would say so by never going on.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from functions.worker.core.observation import RequestedCall
from functions.worker.providers.plain_json import Object, name_in, object_in, text_in

type Asks = Literal["nothing", "what we answer", "what we cannot answer"]

ASKS: Mapping[str, Asks] = {
    "additional_tools": "nothing",
    "apply_patch_call": "what we cannot answer",
    "apply_patch_call_output": "nothing",
    "code_interpreter_call": "nothing",
    "compaction": "nothing",
    "computer_call": "what we cannot answer",
    "computer_call_output": "nothing",
    "custom_tool_call": "what we cannot answer",
    "custom_tool_call_output": "nothing",
    "file_search_call": "nothing",
    "function_call": "what we answer",
    "function_call_output": "nothing",
    "image_generation_call": "nothing",
    "local_shell_call": "what we cannot answer",
    "local_shell_call_output": "nothing",
    "mcp_approval_request": "what we answer",
    "mcp_approval_response": "nothing",
    "mcp_call": "nothing",
    "mcp_list_tools": "nothing",
    "message": "nothing",
    "program": "nothing",
    "program_output": "nothing",
    "reasoning": "nothing",
    "shell_call": "what we cannot answer",
    "shell_call_output": "nothing",
    "tool_search_call": "what we cannot answer",
    "tool_search_output": "nothing",
    "web_search_call": "nothing",
}
"""What an item of each type asks, unless OpenAI has done it itself (`_is_done`, `_is_hosted`).

An item's own `status` says how far the model is with writing it: a `computer_call` is `completed` when it is
ours to do.
"""

ACTS_OUTSIDE = frozenset({"mcp_call", "shell_call"})
"""What OpenAI does itself, once it is in the output, and what may be done outside by that."""

_OUTPUTS = {"tool_search_call": "tool_search_output", "mcp_approval_request": "mcp_approval_response"}
"""The type of what answers an item, where it is not the item's own with `_output` after it."""

type Answers = frozenset[tuple[str, str]]
"""The answers among the items: the type of each, and an id that it names."""


def requested(output: Sequence[Object]) -> Iterator[RequestedCall]:
    """Read the calls and approvals that wait for us, in the order asked."""
    answers = _answers(output)
    for item in output:
        if _is_answerable(item) and not _is_done(item, answers):
            yield _requested(item)


def left_open(output: Sequence[Object]) -> Iterator[str]:
    """Name the types of the items that wait for an answer which we cannot give."""
    answers = _answers(output)
    for item in output:
        kind = text_in(item.get("type"))
        if ASKS.get(kind, "nothing") == "nothing" or _is_answerable(item):
            continue
        if not _is_done(item, answers) and not _is_hosted(item):
            yield kind


def may_have_acted(output: Sequence[Object]) -> bool:
    """Say whether OpenAI may have done something outside by now; of an item that is new to us, it may."""
    kinds = {text_in(item.get("type")) for item in output}
    return not kinds <= ASKS.keys() or not kinds.isdisjoint(ACTS_OUTSIDE)


def _is_answerable(item: Object) -> bool:
    """Say whether we answer an item; without its id nobody can."""
    return ASKS.get(text_in(item.get("type"))) == "what we answer" and bool(_id(item))


def _id(item: Object) -> str:
    """Give the id that an item's answer names."""
    return text_in(item.get("id" if item.get("type") == "mcp_approval_request" else "call_id"))


def _answers(output: Sequence[Object]) -> Answers:
    """Gather the answers, each by every id it has: that of a local shell names its call by its own `id`."""
    ids = ("call_id", "approval_request_id", "id")
    return frozenset((text_in(item.get("type")), text_in(item.get(name))) for item in output for name in ids)


def _is_done(item: Object, answers: Answers) -> bool:
    """Say whether an item's answer stands beside it, as that of a hosted tool does."""
    kind = text_in(item.get("type"))
    return bool(_id(item)) and (_OUTPUTS.get(kind, f"{kind}_output"), _id(item)) in answers


def _is_hosted(item: Object) -> bool:
    """Say whether OpenAI runs an item itself, or the model has gone on without it."""
    match item.get("type"):
        case "tool_search_call":
            return item.get("execution") == "server" or not (item.get("execution") or _id(item))
        case "shell_call":
            return object_in(item.get("environment")).get("type") == "container_reference"
        case "custom_tool_call":
            return item.get("async") is True
        case _:
            return False


def _requested(item: Object) -> RequestedCall:
    name = name_in(item.get("name"))
    arguments = text_in(item.get("arguments"))
    if item.get("type") == "mcp_approval_request":
        name = name_in(f"{text_in(item.get('server_label'))}.{name}")
        return RequestedCall(_id(item), name, arguments, type="mcp_approval_request")
    return RequestedCall(_id(item), name, arguments, caller=object_in(item.get("caller")) or None)

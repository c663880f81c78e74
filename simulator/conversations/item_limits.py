"""What an item of a request may be: its type, the role of a message, the types of its parts.

The types are those of the SDK's `ResponseInputItemParam`; a test compares them.
"""

from collections.abc import Sequence

from simulator.wire.bodies import JsonObject, objects_in
from simulator.wire.errors import invalid
from simulator.wire.limits import check_choice

TYPES = (
    "message", "file_search_call", "computer_call", "computer_call_output", "web_search_call",
    "function_call", "function_call_output", "tool_search_call", "tool_search_output", "additional_tools",
    "configuration_update", "reasoning", "compaction", "image_generation_call", "code_interpreter_call",
    "local_shell_call", "local_shell_call_output", "shell_call", "shell_call_output", "apply_patch_call",
    "apply_patch_call_output", "mcp_list_tools", "mcp_approval_request", "mcp_approval_response",
    "mcp_call", "custom_tool_call_output", "custom_tool_call", "compaction_trigger", "item_reference",
    "program", "program_output",
)  # fmt: skip
ROLES = ("assistant", "system", "developer", "user")
GIVEN_PARTS = ("input_text", "input_image", "input_file")
SAID_PARTS = ("output_text", "refusal")


def check_item(item: JsonObject, where: str) -> None:
    """Refuse an item of an unknown type, a role that nobody has, a part that is not its author's.

    Raises:
        ApiError: With OpenAI's words.
    """
    check_choice(item["type"], TYPES, where)
    if item["type"] == "message":
        check_choice(item.get("role"), ROLES, f"{where}.role")
        parts = SAID_PARTS if item.get("role") == "assistant" else GIVEN_PARTS
        _check_parts(item.get("content"), parts, f"{where}.content")
    elif item["type"].endswith("tool_call_output") or item["type"] == "function_call_output":
        _check_parts(item.get("output"), GIVEN_PARTS, f"{where}.output")


def check_each_is_new(items: Sequence[JsonObject], param: str) -> None:
    """Refuse the same item twice.

    Raises:
        ApiError: With OpenAI's words.
    """
    seen: set[object] = set()
    for item in items:
        if item["id"] in seen:
            again = "Remove duplicate items from your input and try again."
            raise invalid(param, f"Duplicate item found with id {item['id']}. {again}")
        seen.add(item["id"])


def _check_parts(content: object, kinds: Sequence[str], where: str) -> None:
    for at, part in enumerate(objects_in(content)):
        check_choice(part.get("type", ""), kinds, f"{where}[{at}]")

"""Whether the tools that a request makes the model choose are there."""

from collections.abc import Iterator, Sequence

from simulator.wire.bodies import JsonObject, objects_in
from simulator.wire.errors import ApiError, invalid, missing_parameter
from simulator.wire.limits import check_choice

WORDS = ("none", "auto", "required")
MODES = ("auto", "required")


def check_tool_choice(choice: object, tools: Sequence[JsonObject]) -> None:
    """Refuse a choice of a tool that is not there.

    Raises:
        ApiError: With OpenAI's words where they are known.
    """
    if isinstance(choice, dict):
        _check_object(choice, tools)
        return
    check_choice(choice, WORDS, "tool_choice")
    if choice == "required" and not tools:
        raise invalid("tool_choice", "Tool choice 'required' must be specified with 'tools' parameter.")


def _check_object(choice: JsonObject, tools: Sequence[JsonObject]) -> None:
    if not isinstance(choice.get("type"), str):
        raise missing_parameter("tool_choice.type")
    if choice["type"] != "allowed_tools":
        _check_one(choice, tools)
        return
    check_choice(choice.get("mode"), MODES, "tool_choice.mode")
    allowed = choice.get("tools")
    if not isinstance(allowed, list) or not allowed:
        raise missing_parameter("tool_choice.tools")
    for at, each in enumerate(allowed):
        if not isinstance(each, dict):
            raise missing_parameter(f"tool_choice.tools[{at}].type")
        _check_one(each, tools)


def _check_one(choice: JsonObject, tools: Sequence[JsonObject]) -> None:
    if not any(_is_meant(choice, tool) for tool in _with_inner(tools)):
        raise _not_there(choice)


def _is_meant(choice: JsonObject, tool: JsonObject) -> bool:
    kind = choice.get("type")
    match kind:
        case "function" | "custom":
            return tool.get("type") == kind and tool.get("name") == choice.get("name")
        case "mcp":
            return tool.get("type") == kind and tool.get("server_label") == choice.get("server_label")
        case _:
            return _family(tool.get("type")) == _family(kind)


def _family(kind: object) -> str:
    """Take the dated and the preview forms of a hosted tool for the tool itself."""
    return str(kind).partition("_preview")[0].partition("_2025")[0].removesuffix("_use")


def _with_inner(tools: Sequence[JsonObject]) -> Iterator[JsonObject]:
    for tool in tools:
        yield tool
        yield from objects_in(tool.get("tools"))


def _not_there(choice: JsonObject) -> ApiError:
    return invalid("tool_choice", f"Tool choice '{choice.get('type')}' not found in 'tools' parameter.")

"""The agent of a session: a saved one, settings of the session's own, or both."""

from simulator.scenarios.scenarios import OfferedTool
from simulator.wire.bodies import JsonObject, check_known, path_of
from simulator.wire.errors import invalid, missing_parameter
from simulator.wire.functions import check_function_names, check_parameters
from simulator.wire.identifiers import new_id
from simulator.wire.limits import check_choice

CHANGEABLE = ("model", "reasoning", "service_tier", "tools")
# As in the SDK's types of an agent; a test compares them.
SERVICE_TIERS = ("auto", "default", "flex", "priority", "fast", "ultrafast")
EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
SETTINGS = (
    "compaction", "experimental", "instructions", "model", "multi_agent", "reasoning", "service_tier",
    "text", "tools",
)  # fmt: skip
TOOL_TYPES = (
    "function", "tool_search", "programmatic_tool_calling", "mcp", "web_search", "computer_use",
    "automations",
)  # fmt: skip
# What OpenAI fills in about a tool that the request leaves open.
TOOL_DEFAULTS: dict[str, JsonObject] = {
    "function": {"defer_loading": False},
    "mcp": {"connection_origin": "service", "request_metadata": {}, "required": False},
    "web_search": {"context_size": "medium", "mode": "live"},
    "programmatic_tool_calling": {"enabled": True},
    "computer_use": {"include_screenshots": False},
}


def new_agent(body: JsonObject, saved: JsonObject | None) -> JsonObject:
    """Make the agent that a create body describes.

    Args:
        body: Its `agent` is what the session has of its own; a null in it clears what is saved.
        saved: The saved agent that it names, in the words of its request, with its id.

    Raises:
        ApiError: There is neither an agent nor a saved one, or a tool is malformed.
    """
    asked = checked_settings(body.get("agent"), "agent")
    if saved is None and not isinstance(asked.get("model"), str):
        raise missing_parameter("agent.model")
    known: JsonObject = saved or {"id": new_id("agent"), "name": None}
    return {"id": known["id"]} | agent_of(known | asked, "agent") | {"name": known.get("name")}


def agent_of(asked: JsonObject, where: str) -> JsonObject:
    """Make what all agents have, saved or not, of what is asked for.

    Args:
        asked: The settings, which name a model.
        where: Their path in the request.

    Raises:
        ApiError: A tool is malformed.
    """
    return {
        "model": asked["model"],
        "instructions": asked.get("instructions"),
        "multi_agent": {"enabled": False, "max_concurrent_subagents": None}
        | (asked.get("multi_agent") or {}),
        "reasoning": {"effort": "medium", "summary": None} | (asked.get("reasoning") or {}),
        "service_tier": asked.get("service_tier") or "auto",
        "text": {"format": {"type": "text"}, "verbosity": "medium"} | (asked.get("text") or {}),
        "tools": _tools(asked, where),
    }


def changed_agent(agent: JsonObject, body: JsonObject) -> JsonObject:
    """Make the agent as an update body wants it; what it does not name stays.

    Raises:
        ApiError: A tool is malformed.
    """
    asked = checked_settings(body.get("agent"), "agent")
    changes = {key: asked[key] for key in CHANGEABLE if asked.get(key) is not None}
    if "reasoning" in changes:
        changes["reasoning"] = agent["reasoning"] | changes["reasoning"]
    if "tools" in changes:
        changes["tools"] = _tools(asked, "agent")
    return agent | changes


def functions_of(agent: JsonObject) -> list[OfferedTool]:
    return [
        OfferedTool(tool["name"], tool["parameters"])
        for tool in agent["tools"]
        if tool.get("type") == "function"
    ]


def checked_settings(asked: object, where: str) -> JsonObject:
    """Read the settings of an agent, which may be absent.

    Raises:
        ApiError: They are none, or ask for a tier or an effort that is not there.
    """
    if not isinstance(asked, dict | None):
        raise invalid(where, f"Invalid type for '{where}': expected an object.", code="invalid_type")
    settings: JsonObject = asked or {}
    if where:
        check_known(settings, SETTINGS, where)
    reasoning = settings.get("reasoning")
    check_choice(settings.get("service_tier"), SERVICE_TIERS, path_of(where, "service_tier"))
    if isinstance(reasoning, dict):
        check_choice(reasoning.get("effort"), EFFORTS, path_of(where, "reasoning.effort"))
    return settings


def _tools(asked: JsonObject, where: str) -> list[JsonObject]:
    tools, param = asked.get("tools"), path_of(where, "tools")
    if not isinstance(tools, list | None):
        raise invalid(param, f"Invalid type for '{param}': expected an array.", code="invalid_type")
    checked = [_tool(tool, f"{param}[{at}]") for at, tool in enumerate(tools or [])]
    functions = [(at, tool) for at, tool in enumerate(checked) if tool["type"] == "function"]
    check_function_names([(f"{param}[{at}].name", str(tool["name"])) for at, tool in functions])
    return checked


def _tool(tool: object, where: str) -> JsonObject:
    if not isinstance(tool, dict):
        raise invalid(where, f"Invalid type for '{where}': expected an object.", code="invalid_type")
    is_function = tool.get("type") == "function"
    for key in ("type", "name", "description", "parameters") if is_function else ("type",):
        if tool.get(key) is None:
            raise missing_parameter(f"{where}.{key}")
    check_choice(tool["type"], TOOL_TYPES, f"{where}.type")
    if is_function and tool["parameters"] != {}:
        check_parameters(str(tool["name"]), tool["parameters"], f"{where}.parameters", is_strict=False)
    return TOOL_DEFAULTS.get(tool["type"], {}) | tool

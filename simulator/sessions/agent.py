"""The agent of a session: a saved one, settings of the session's own, or both."""

from simulator.scenarios.scenarios import OfferedTool
from simulator.wire.bodies import JsonObject
from simulator.wire.errors import invalid, missing_parameter
from simulator.wire.functions import check_function_names
from simulator.wire.identifiers import new_id
from simulator.wire.limits import check_choice

SAVED_MODEL = "gpt-6-astra"
CHANGEABLE = ("model", "reasoning", "service_tier", "tools")
# As in the SDK's types of an agent; a test compares them.
SERVICE_TIERS = ("auto", "default", "flex", "priority", "fast", "ultrafast")
EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
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


def new_agent(body: JsonObject) -> JsonObject:
    """Make the agent that a create body describes.

    The simulator keeps no reusable agents: an `agent_id` is taken for one without tools.

    Raises:
        ApiError: There is neither an agent nor the id of one, or a tool is malformed.
    """
    asked, agent_id = _settings(body), body.get("agent_id")
    if agent_id is None and not isinstance(asked.get("model"), str):
        raise missing_parameter("agent.model")
    agent: JsonObject = {
        "id": agent_id or new_id("agent"),
        "name": None,
        "model": asked.get("model") or SAVED_MODEL,
        "instructions": asked.get("instructions"),
        "multi_agent": {"enabled": False, "max_concurrent_subagents": None}
        | (asked.get("multi_agent") or {}),
        "reasoning": {"effort": "medium", "summary": None} | (asked.get("reasoning") or {}),
        "service_tier": asked.get("service_tier") or "auto",
        "text": {"format": {"type": "text"}, "verbosity": "medium"} | (asked.get("text") or {}),
        "tools": [],
    }
    return agent | {"tools": _tools(asked)}


def changed_agent(agent: JsonObject, body: JsonObject) -> JsonObject:
    """Make the agent as an update body wants it; what it does not name stays.

    Raises:
        ApiError: A tool is malformed.
    """
    asked = _settings(body)
    changes = {key: asked[key] for key in CHANGEABLE if asked.get(key) is not None}
    if "reasoning" in changes:
        changes["reasoning"] = agent["reasoning"] | changes["reasoning"]
    if "tools" in changes:
        changes["tools"] = _tools(asked)
    return agent | changes


def functions_of(agent: JsonObject) -> list[OfferedTool]:
    return [
        OfferedTool(tool["name"], tool["parameters"])
        for tool in agent["tools"]
        if tool.get("type") == "function"
    ]


def _settings(body: JsonObject) -> JsonObject:
    asked = body.get("agent")
    if not isinstance(asked, dict | None):
        raise invalid("agent", "Invalid type for 'agent': expected an object.", code="invalid_type")
    settings: JsonObject = asked or {}
    reasoning = settings.get("reasoning")
    check_choice(settings.get("service_tier"), SERVICE_TIERS, "agent.service_tier")
    if isinstance(reasoning, dict):
        check_choice(reasoning.get("effort"), EFFORTS, "agent.reasoning.effort")
    return settings


def _tools(asked: JsonObject) -> list[JsonObject]:
    tools = asked.get("tools")
    if not isinstance(tools, list | None):
        raise invalid(
            "agent.tools", "Invalid type for 'agent.tools': expected an array.", code="invalid_type"
        )
    checked = [_tool(tool, f"agent.tools[{at}]") for at, tool in enumerate(tools or [])]
    functions = [(at, tool) for at, tool in enumerate(checked) if tool["type"] == "function"]
    check_function_names([(f"agent.tools[{at}].name", str(tool["name"])) for at, tool in functions])
    return checked


def _tool(tool: object, where: str) -> JsonObject:
    if not isinstance(tool, dict):
        raise invalid(where, f"Invalid type for '{where}': expected an object.", code="invalid_type")
    is_function = tool.get("type") == "function"
    for key in ("type", "name", "description", "parameters") if is_function else ("type",):
        if tool.get(key) is None:
            raise missing_parameter(f"{where}.{key}")
    check_choice(tool["type"], TOOL_TYPES, f"{where}.type")
    return TOOL_DEFAULTS.get(tool["type"], {}) | tool

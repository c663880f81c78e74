"""The Assistants API: assistants, and the settings that a run takes from one."""

import time

from simulator.scenarios.scenarios import OfferedTool
from simulator.wire.bodies import JsonObject
from simulator.wire.errors import ApiError, invalid, missing_parameter
from simulator.wire.functions import check_function_names, check_parameters
from simulator.wire.identifiers import new_id
from simulator.wire.limits import check_range
from simulator.wire.metadata import checked_metadata


class Assistants:
    def __init__(self) -> None:
        self._kept: dict[str, JsonObject] = {}

    def create(self, request: JsonObject) -> JsonObject:
        if not isinstance(request.get("model"), str):
            raise missing_parameter("model")
        named: JsonObject = {"id": new_id("asst"), "object": "assistant", "created_at": int(time.time())}
        assistant = named | _settings(request)
        self._kept[assistant["id"]] = assistant
        return assistant

    def modify(self, assistant_id: str, request: JsonObject) -> JsonObject:
        """Change what the request names, all of it or, when a field is wrong, nothing.

        Runs keep what they took from it.
        """
        assistant = self.get(assistant_id)
        changes = _settings({"model": assistant["model"]} | request)
        assistant.update({key: value for key, value in changes.items() if key in request})
        return assistant

    def get(self, assistant_id: object) -> JsonObject:
        if not isinstance(assistant_id, str) or assistant_id not in self._kept:
            raise ApiError(404, f"No assistant found with id '{assistant_id}'.")
        return self._kept[assistant_id]

    def delete(self, assistant_id: str) -> JsonObject:
        del self._kept[self.get(assistant_id)["id"]]
        return {"id": assistant_id, "object": "assistant.deleted", "deleted": True}

    def all(self) -> list[JsonObject]:
        return list(self._kept.values())

    def clear(self) -> None:
        self._kept.clear()


def check_sampling(request: JsonObject) -> None:
    """Refuse a temperature or a `top_p` out of its range.

    Raises:
        ApiError: It names the field.
    """
    check_range(request, "temperature", 0.0, 2.0)
    check_range(request, "top_p", 0.0, 1.0)


def _settings(request: JsonObject) -> JsonObject:
    check_sampling(request)
    return {
        "name": request.get("name"),
        "description": request.get("description"),
        "model": request["model"],
        "instructions": request.get("instructions"),
        "tools": checked_tools(request),
        "metadata": checked_metadata(request),
        "temperature": request.get("temperature", 1.0),
        "top_p": request.get("top_p", 1.0),
        "response_format": request.get("response_format", "auto"),
        "tool_resources": request.get("tool_resources") or {},
    }


def checked_tools(request: JsonObject) -> list[JsonObject]:
    """Read the tools of an assistant or a run.

    Raises:
        ApiError: One of them is malformed.
    """
    tools = request.get("tools")
    if not isinstance(tools, list | None):
        raise invalid("tools", "Invalid type for 'tools': expected an array.", code="invalid_type")
    for at, tool in enumerate(tools or []):
        match tool:
            case {"type": "function", "function": {"name": str()}}:
                pass
            case {"type": "function"}:
                raise missing_parameter(f"tools[{at}].function.name")
            case {"type": str()}:
                pass
            case _:
                raise missing_parameter(f"tools[{at}].type")
    _check_functions(tools or [])
    return tools or []


def functions_of(tools: list[JsonObject]) -> list[OfferedTool]:
    functions = [tool["function"] for tool in tools if tool["type"] == "function"]
    return [OfferedTool(function["name"], function.get("parameters")) for function in functions]


def _check_functions(tools: list[JsonObject]) -> None:
    functions = {
        f"tools[{at}].function": tool["function"]
        for at, tool in enumerate(tools)
        if tool["type"] == "function"
    }
    check_function_names([(f"{where}.name", function["name"]) for where, function in functions.items()])
    for where, function in functions.items():
        check_parameters(
            function["name"],
            function.get("parameters"),
            f"{where}.parameters",
            is_strict=function.get("strict") is True,
        )

"""The inputs of a session, checked: messages, results of calls, answers to approvals, cancels."""

from simulator.wire.bodies import JsonObject
from simulator.wire.errors import invalid, missing_parameter

PREFIX = "agent.session.input."
NEEDED = {
    f"{PREFIX}message": ("input",),
    f"{PREFIX}cancel": (),
    f"{PREFIX}tool_result": ("turn_id", "call_id", "success"),
    f"{PREFIX}mcp_approval_request_result": ("request_id", "response"),
    f"{PREFIX}computer_use_approval_request_result": ("request_id", "response"),
}
DECISIONS = ("approve", "deny", "cancel")
# By the type of the response: its field that decides, and what it may say.
CHOICES = {
    "mcp_tool_call": ("decision", DECISIONS),
    "browser_origin_access": ("decision", DECISIONS),
    "browser_authentication": ("action", ("submit", "cancel")),
}


def input_events(body: JsonObject) -> list[JsonObject]:
    """Read the events of a request.

    Raises:
        ApiError: OpenAI would refuse the body, whatever the state of the session.
    """
    events = body.get("events")
    if not isinstance(events, list) or not events:
        raise missing_parameter("events")
    return [_input_event(event, f"events[{at}]") for at, event in enumerate(events)]


def is_answer(event: JsonObject) -> bool:
    return "call_id" in event or "request_id" in event


def input_messages(given: object, where: str) -> list[list[JsonObject]]:
    """Read user messages, of which a string is one, as the content of each.

    Raises:
        ApiError: There is none, or one is malformed.
    """
    if isinstance(given, str) and given:
        return [[{"type": "input_text", "text": given}]]
    if not isinstance(given, list) or not given:
        raise missing_parameter(where)
    return [_content(message, f"{where}[{at}]") for at, message in enumerate(given)]


def _content(message: object, where: str) -> list[JsonObject]:
    if not isinstance(message, dict) or message.get("role") != "user":
        raise invalid(f"{where}.role", f"'{where}.role' must be 'user'.")
    content = message.get("content")
    if not isinstance(content, list) or not content:
        raise missing_parameter(f"{where}.content")
    return content


def _input_event(event: object, where: str) -> JsonObject:
    kind = event.get("type") if isinstance(event, dict) else None
    if not isinstance(event, dict) or kind not in NEEDED:
        raise invalid(f"{where}.type", f"'{where}.type' must be one of {', '.join(NEEDED)}.")
    for key in NEEDED[kind]:
        if event.get(key) is None:
            raise missing_parameter(f"{where}.{key}")
    if kind == f"{PREFIX}message":
        return event | {"input": input_messages(event["input"], f"{where}.input")}
    if kind == f"{PREFIX}tool_result":
        _check_result(event, where)
    elif "response" in event:
        _check_response(event["response"], f"{where}.response")
    return event


def _check_result(event: JsonObject, where: str) -> None:
    if not isinstance(event["success"], bool):
        raise invalid(f"{where}.success", f"'{where}.success' must be true or false.", code="invalid_type")
    if not isinstance(event.get("output"), str | list | None):
        raise invalid(
            f"{where}.output", f"'{where}.output' must be a string or an array.", code="invalid_type"
        )
    if not isinstance(event.get("error"), str | None):
        raise invalid(f"{where}.error", f"'{where}.error' must be a string.", code="invalid_type")


def _check_response(response: object, where: str) -> None:
    kind = response.get("type") if isinstance(response, dict) else None
    if not isinstance(response, dict) or kind not in CHOICES:
        raise invalid(f"{where}.type", f"'{where}.type' must be one of {', '.join(CHOICES)}.")
    key, choices = CHOICES[kind]
    if response.get(key) not in choices:
        raise invalid(f"{where}.{key}", f"'{where}.{key}' must be one of {', '.join(choices)}.")
    if response.get("action") == "submit" and not isinstance(response.get("fields"), list):
        raise missing_parameter(f"{where}.fields")

"""What a session waits for: making required actions, and finding the one that an input answers."""

import json
from collections.abc import Sequence

from simulator.scenarios.turn import (
    Approval,
    BrowserLogin,
    Call,
    EnvironmentConnection,
    McpApproval,
    OriginAccess,
    Turn,
    UnknownRequest,
)
from simulator.wire.bodies import JsonObject
from simulator.wire.errors import ApiError
from simulator.wire.identifiers import new_call_id, new_id


def required_actions(turn: Turn, turn_id: str) -> list[JsonObject]:
    """Make all that a turn of a scenario asks for at once: its calls, then its approvals."""
    return [
        *(_function_call(call, turn_id) for call in turn.calls),
        *(_approval(approval, turn_id) for approval in turn.approvals),
    ]


def answered_action(pending: Sequence[JsonObject], result: JsonObject) -> JsonObject:
    """Find the required action that a result is for.

    Raises:
        ApiError: It is not pending: not any more, or not yet.
    """
    kind = result["type"].removeprefix("agent.session.input.").removesuffix("_result")
    if kind == "tool":
        wanted = {"type": "function_call", "call_id": result["call_id"], "turn_id": result["turn_id"]}
    else:
        wanted = {"type": kind, "request_id": result["request_id"]}
    for action in pending:
        if wanted.items() <= action.items() and _is_of_kind(action, result):
            return action
    raise unknown_pending_call(result)


def unknown_pending_call(result: JsonObject) -> ApiError:
    """Make the refusal of a result that is too early or too late; the first text is OpenAI's own."""
    if "call_id" in result:
        message = f"Unknown pending tool call: {result['call_id']}"
    else:
        message = f"Unknown pending approval request: {result['request_id']}"
    return ApiError(400, message, code="invalid_request_error")


def _is_of_kind(action: JsonObject, result: JsonObject) -> bool:
    """Compare the kind of a request with that of its response; calls have neither."""
    asked, answered = action.get("request", {}), result.get("response", {})
    return bool(asked.get("type") == answered.get("type"))


def _function_call(call: Call, turn_id: str) -> JsonObject:
    return {
        "type": "function_call",
        "turn_id": turn_id,
        "call_id": call.call_id or new_call_id(),
        "name": call.name,
        "arguments": call.arguments,
    }


def _approval(approval: Approval, turn_id: str) -> JsonObject:
    match approval:
        case EnvironmentConnection(environment_id):
            return {"type": "environment_connection", "environment_id": environment_id}
        case UnknownRequest(body):
            return {"turn_id": turn_id} | body
        case McpApproval():
            kind, request = "mcp_approval_request", _mcp_tool_call(approval)
        case OriginAccess(origin, reason):
            kind = "computer_use_approval_request"
            request = {"type": "browser_origin_access", "origin": origin, "reason": reason}
        case BrowserLogin(origin, fields, reason):
            kind = "computer_use_approval_request"
            request = {
                "type": "browser_authentication",
                "credential_origin": origin,
                "fields": list(fields),
                "options": [],
                "reason": reason,
            }
    return {"type": kind, "turn_id": turn_id, "request_id": new_id("req"), "request": request}


def _mcp_tool_call(approval: McpApproval) -> JsonObject:
    return {
        "type": "mcp_tool_call",
        "server_label": approval.server_label,
        "name": approval.name,
        "arguments": _parsed(approval.arguments),
        "message": f"Allow {approval.server_label} to run {approval.name}?",
    }


def _parsed(arguments: JsonObject | str) -> object:
    """Read arguments that a scenario gives as text; text that is no JSON stays text."""
    try:
        return json.loads(arguments) if isinstance(arguments, str) else arguments
    except ValueError:
        return arguments

"""The items of a session: what it was told, what its agent said and asked for, what was answered."""

from simulator.wire.bodies import JsonObject
from simulator.wire.identifiers import new_id


def user_message(turn_id: str, content: list[JsonObject]) -> JsonObject:
    return _message("user", turn_id, content, phase=None, status="completed")


def final_message(turn_id: str, text: str, *, is_cut: bool) -> JsonObject:
    status = "incomplete" if is_cut else "completed"
    return _message("assistant", turn_id, _output(text), phase="final_answer", status=status)


def commentary(turn_id: str, text: str) -> JsonObject:
    """Make what the agent says on its way; it is no part of the final text."""
    return _message("assistant", turn_id, _output(text), phase="commentary", status="completed")


def function_call(action: JsonObject) -> JsonObject:
    """Make the item of a call from its required action."""
    told = {key: action[key] for key in ("type", "turn_id", "call_id", "name", "arguments")}
    return {"id": new_id("fc"), "status": "in_progress"} | told


def function_call_output(result: JsonObject) -> JsonObject:
    return {
        "id": new_id("fco"),
        "type": "function_call_output",
        "turn_id": result["turn_id"],
        "call_id": result["call_id"],
        "status": "completed" if result["success"] else "failed",
        "output": result.get("output"),
        "error": result.get("error"),
    }


def mcp_call(action: JsonObject, decision: str) -> JsonObject:
    """Make the call that an approval was about, done or not done."""
    request, is_approved = action["request"], decision == "approve"
    return {
        "id": new_id("mcp"),
        "type": "mcp_call",
        "turn_id": action["turn_id"],
        "server_label": request["server_label"],
        "name": request["name"],
        "arguments": request["arguments"],
        "status": "completed" if is_approved else "failed",
        "output": {"content": [{"type": "text", "text": "ok"}]} if is_approved else None,
        "error": None if is_approved else {"message": f"The approval was answered with '{decision}'."},
    }


def login_request(action: JsonObject) -> JsonObject:
    return {"id": new_id("cuar")} | action


def login_result(action: JsonObject, response: JsonObject) -> JsonObject:
    """Make the item of a login's answer, which keeps no submitted value."""
    told = {key: response[key] for key in ("type", "action", "selected_option") if key in response}
    return {
        "id": new_id("cuarr"),
        "type": "computer_use_approval_request_result",
        "turn_id": action["turn_id"],
        "request_id": action["request_id"],
        "response": told,
    }


def _output(text: str) -> list[JsonObject]:
    return [{"type": "output_text", "text": text}]


def _message(
    role: str, turn_id: str, content: list[JsonObject], *, phase: str | None, status: str
) -> JsonObject:
    return {
        "id": new_id("msg"),
        "type": "message",
        "role": role,
        "turn_id": turn_id,
        "content": content,
        "phase": phase,
        "status": status,
    }

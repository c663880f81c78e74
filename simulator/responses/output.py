"""The items that a turn of the Responses API puts out."""

from simulator.scenarios.turn import McpApproval, Turn
from simulator.wire.bodies import JsonObject
from simulator.wire.identifiers import new_call_id, new_id


def output_items(turn: Turn) -> list[JsonObject]:
    """Make the output of a turn: its text, then what it asks for, then its raw items."""
    status = "incomplete" if turn.incomplete_reason else "completed"
    return [
        *([] if turn.text is None else [_message(turn.text, status)]),
        *(
            {
                "id": new_id("fc"),
                "type": "function_call",
                "status": status,
                "call_id": call.call_id or new_call_id(),
                "name": call.name,
                "arguments": call.arguments_text,
            }
            for call in turn.calls
        ),
        *(
            {
                "id": new_id("mcpr"),
                "type": "mcp_approval_request",
                "server_label": approval.server_label,
                "name": approval.name,
                "arguments": approval.arguments_text,
            }
            for approval in turn.approvals
            if isinstance(approval, McpApproval)
        ),
        *(dict(item) for item in turn.items),
    ]


def _message(text: str, status: str) -> JsonObject:
    return {
        "id": new_id("msg"),
        "type": "message",
        "role": "assistant",
        "status": status,
        "content": [{"type": "output_text", "text": text, "annotations": [], "logprobs": []}],
    }

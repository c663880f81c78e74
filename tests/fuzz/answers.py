"""What a provider answers when all is well: of each of its APIs, with everything in it that is documented."""

from collections.abc import Mapping, Sequence
from typing import Any

type Document = Mapping[str, Any]

MARKS = {"run_id": "run_1", "turn": "1", "runrelay_run_id": "run_1", "runrelay_turn": "1", "tenant": "acme"}
USAGE = {"input_tokens": 3, "input_tokens_details": {"cached_tokens": 1}, "total_tokens": 5}
ERROR = {"code": "server_error", "message": "It broke.", "type": "x", "param": None}
ORDER = '{"order_id": "A-1"}'
MAIL = '{"to": "a@b.c", "subject": "s", "body": "b"}'


def _call(call_id: str, name: str, arguments: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "function_call", "id": f"fc_{call_id}", "call_id": call_id, "status": "completed",
        "name": name, "arguments": arguments, **more,
    }  # fmt: skip


def _message(text: str) -> dict[str, Any]:
    content = [
        {"type": "output_text", "text": text, "annotations": [], "logprobs": []},
        {"type": "refusal", "refusal": "I will not."},
    ]
    return {"type": "message", "id": "m_1", "role": "assistant", "status": "completed", "content": content}


PROGRAM = {"type": "program", "caller_id": "call_p"}
HOSTED: Sequence[dict[str, Any]] = (
    {"type": "reasoning", "id": "rs_1", "summary": [], "content": None},
    {"type": "tool_search_call", "id": "ts_1", "execution": "server", "call_id": None, "arguments": {}},
    {"type": "tool_search_output", "id": "to_1", "execution": "server", "call_id": None, "tools": []},
    {"type": "shell_call", "id": "sh_1", "call_id": "call_s", "action": {"commands": ["ls"]}},
    {"type": "shell_call_output", "id": "so_1", "call_id": "call_s", "output": []},
    {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search"}},
    {"type": "program", "id": "p_1", "call_id": "call_p", "code": "x", "fingerprint": "f"},
)
APPROVAL = {
    "type": "mcp_approval_request", "id": "mcpr_1", "server_label": "crm", "name": "erase", "arguments": "{}",
}  # fmt: skip
CALLS = (
    _call("call_1", "get_order", ORDER, caller=PROGRAM),
    _call("call_2", "send_email", MAIL, caller=None),
    _call("call_3", "ask_warehouse", '{"question": "?"}', namespace="x", **{"async": True}),
)


def _response(**facts: Any) -> dict[str, Any]:
    whole = {
        "id": "resp_1", "object": "response", "status": "completed", "background": True, "error": None,
        "incomplete_details": None, "metadata": MARKS, "output": [], "usage": USAGE, "model": "m",
    }  # fmt: skip
    return whole | facts


RESPONSES = (
    _response(output=[*HOSTED, *CALLS, APPROVAL]),
    _response(output=[*HOSTED, _message("done")]),
    _response(output=[*CALLS]),
    _response(
        output=[*HOSTED[:2], _message("done"), {"type": "custom_tool_call", "call_id": "c", "name": "n"}]
    ),
    _response(status="failed", error=ERROR),
    _response(status="incomplete", incomplete_details={"reason": "max_output_tokens"}),
    _response(status="in_progress"),
    _response(status="cancelled"),
)

ACTIONS = (
    {
        "type": "function_call",
        "call_id": "call_1",
        "turn_id": "turn_1",
        "name": "get_order",
        "arguments": {"order_id": "A-1"},
    },
    {
        "type": "function_call",
        "call_id": "call_2",
        "turn_id": "turn_1",
        "name": "send_email",
        "arguments": MAIL,
    },
    {
        "type": "mcp_approval_request",
        "request_id": "req_1",
        "turn_id": "turn_1",
        "request": {"type": "mcp_tool_call", "server_label": "crm", "name": "erase", "arguments": "{}"},
    },
    {
        "type": "computer_use_approval_request",
        "request_id": "req_2",
        "turn_id": "turn_1",
        "request": {"type": "browser_authentication", "fields": []},
    },
    {"type": "environment_connection", "environment_id": "env_1"},
)


def _session(**facts: Any) -> dict[str, Any]:
    return {
        "id": "sess_1", "object": "agent.session", "status": "idle", "error": None, "metadata": MARKS,
        "required_actions": [], "usage": USAGE, **facts,
    }  # fmt: skip


SESSIONS = (
    _session(status="requires_action", required_actions=ACTIONS),
    _session(status="requires_action", required_actions=ACTIONS[:2]),
    _session(status="in_progress"),
    _session(status="failed", error="The session is gone."),
    _session(),
)


def _turn(**facts: Any) -> dict[str, Any]:
    return {
        "id": "turn_1",
        "status": "completed",
        "subagent_id": None,
        "usage": USAGE,
        "error": None,
        **facts,
    }


SESSION_TURNS = (
    {"object": "list", "data": [_turn(subagent_id="sub_1"), _turn()], "has_more": False},
    {"object": "list", "data": [_turn(status="failed", error=ERROR)], "has_more": True},
    {"object": "list", "data": [_turn(status="in_progress", usage=None)], "has_more": False},
    {"object": "list", "data": [], "has_more": False},
)
SESSION_ITEMS = (
    {
        "object": "list",
        "data": [
            {**_message("thinking"), "phase": "commentary"},
            {**_message("done"), "phase": "final_answer"},
        ],
        "has_more": False,
    },
)


def _thread_run(**facts: Any) -> dict[str, Any]:
    return {
        "id": "run_t", "object": "thread.run", "status": "completed", "last_error": None, "metadata": MARKS,
        "incomplete_details": None, "required_action": None, "usage": USAGE, **facts,
    }  # fmt: skip


def _tool_call(call_id: str, name: str, arguments: str) -> dict[str, Any]:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


ASKED = {
    "type": "submit_tool_outputs",
    "submit_tool_outputs": {
        "tool_calls": [_tool_call("call_1", "get_order", ORDER), _tool_call("call_2", "send_email", MAIL)]
    },
}
THREAD_RUNS = (
    _thread_run(status="requires_action", required_action=ASKED),
    _thread_run(),
    _thread_run(status="failed", last_error=ERROR),
    _thread_run(status="incomplete", incomplete_details={"reason": "max_completion_tokens"}),
    _thread_run(status="expired"),
    _thread_run(status="in_progress"),
)
THREAD_MESSAGES = (
    {
        "object": "list",
        "data": [
            {
                "id": "msg_1",
                "role": "assistant",
                "content": [
                    {"type": "text", "text": {"value": "done", "annotations": []}},
                    {"type": "refusal", "refusal": "no"},
                ],
            }
        ],
        "has_more": False,
    },
)
ERRORS = ({"error": ERROR}, {"error": {**ERROR, "code": "previous_response_not_found"}}, {"detail": "no"})
ERROR_STATUSES = (400, 401, 403, 404, 408, 409, 429, 500, 503)

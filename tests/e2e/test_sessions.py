"""Runs of kind `session`, from the outside: sessions of the Agents API and what they ask for."""

import json
from typing import Any

import pytest
from runrelay_client import Client, approvals, calls, text

GET = ("get_order", {"order_id": "A-1"})
REFUND = ("refund_order", {"order_id": "A-1", "cents": 500})
MCP = {"server_label": "accounts", "name": "credit", "arguments": {"cents": 500}}
ORIGIN = {"origin": "https://shop.example", "reason": "to look at the order"}
LOGIN = {"credential_origin": "https://shop.example", "fields": [{"id": "password"}]}

CREATE, RETRIEVE = "POST /v1/agents/sessions", "GET /v1/agents/sessions"
SEND, TURNS, ITEMS = f"{CREATE}/events", f"{RETRIEVE}/turns", f"{RETRIEVE}/turns/items"


def inputs_sent(client: Client, run_id: str) -> list[dict[str, Any]]:
    """The events of the last answer to a session."""
    events: list[dict[str, Any]] = client.posted(run_id)[-1]["events"]
    return events


def test_a_session_without_tools_costs_three_requests(client: Client):
    run_id = client.start(text("hello", seconds=3), kind="session")

    run = client.ended(run_id)

    assert (run["status"], run["result"]["output_text"], run["turn"]) == ("completed", "hello", 1)
    assert run["provider_id"].startswith("sess_")
    assert run["usage"]["total_tokens"] > 0
    assert client.openai_requests(run_id) == [CREATE, TURNS, ITEMS]


def test_what_a_session_calls_is_run_and_given_back_in_one_request(client: Client):
    turns = (calls(GET, REFUND, seconds=3), text("refunded", seconds=3))
    run_id = client.start(*turns, kind="session", tools=["get_order", "refund_order"])

    run = client.ended(run_id)

    assert (run["status"], run["result"]["output_text"], run["turn"]) == ("completed", "refunded", 2)
    assert [call["outcome"] for call in run["calls"]] == ["succeeded"] * 2
    assert [effect["effect"] for effect in client.effects()] == ["refund"]
    assert [each["success"] for each in inputs_sent(client, run_id)] == [True, True]
    assert sorted(client.openai_requests(run_id)) == sorted([CREATE, RETRIEVE, SEND, TURNS, ITEMS])


def test_a_failing_tool_is_an_answer_to_a_session(client: Client):
    run_id = client.start(
        calls(("get_order", {"order_id": "missing-1"})), text("sorry"), kind="session", tools=["get_order"]
    )

    run = client.ended(run_id)

    assert (run["status"], run["result"]["output_text"]) == ("completed", "sorry")
    (told,) = inputs_sent(client, run_id)
    assert (told["success"], json.loads(told["error"])) == (False, {"error": "There is no order missing-1."})


@pytest.mark.parametrize(
    ("asked", "call_type", "name"),
    [
        (MCP, "mcp_approval_request", "accounts.credit"),
        (ORIGIN, "computer_use_approval_request", "browser_origin_access"),
    ],
    ids=["MCP", "computer use"],
)
@pytest.mark.parametrize("approve", [True, False], ids=["approved", "denied"])
def test_a_person_decides_what_a_tool_of_openais_may_do(client: Client, asked, call_type, name, approve):
    run_id = client.start(approvals(asked), text("decided"), kind="session")
    call = client.waiting(run_id)
    assert (call["type"], call["name"]) == (call_type, name)

    answer = client.decide(run_id, call["call_id"], approve=approve, reason="I know them.")

    run = client.ended(run_id)
    assert answer.status_code == 202, answer.text
    assert (run["status"], run["result"]["output_text"]) == ("completed", "decided")
    (told,) = inputs_sent(client, run_id)
    assert told["request_id"] == call["call_id"]
    assert told["response"]["decision"] == ("approve" if approve else "deny")


def test_a_login_can_only_be_refused(client: Client):
    run_id = client.start(approvals(LOGIN), text("without it"), kind="session")
    call_id = client.waiting(run_id)["call_id"]

    approved = client.decide(run_id, call_id, approve=True)
    refused = client.decide(run_id, call_id, approve=False)

    assert (approved.status_code, refused.status_code) == (422, 202)
    assert client.ended(run_id)["result"]["output_text"] == "without it"
    (told,) = inputs_sent(client, run_id)
    assert told["response"] == {"type": "browser_authentication", "action": "cancel"}


def test_what_needs_no_decision_is_run_at_once_and_all_is_answered_together(client: Client):
    run_id = client.start(
        calls(REFUND, approvals=[MCP, ORIGIN]), text("ok"), kind="session", tools=["refund_order"]
    )
    client.waiting(run_id, "succeeded")
    waiting = [call for call in client.run(run_id)["calls"] if call["outcome"] == "awaiting_decision"]
    assert len(waiting) == 2
    assert SEND not in client.openai_requests(run_id)

    for call in waiting:
        client.decide(run_id, call["call_id"], approve=True)

    assert client.ended(run_id)["status"] == "completed"
    assert client.openai_requests(run_id).count(SEND) == 1
    assert len(inputs_sent(client, run_id)) == 3


@pytest.mark.parametrize("is_of_session", [False, True], ids=["a turn", "the session"])
def test_a_failure_ends_the_run_with_openais_words(client: Client, is_of_session):
    failure = {"code": "server_error", "message": "boom", "session": is_of_session}
    run_id = client.start({"seconds": 0.1, "fail": failure}, kind="session")

    run = client.ended(run_id)

    assert run["status"] == "failed"
    assert "boom" in run["error"]["message"]

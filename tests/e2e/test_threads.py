"""Runs of kind `thread`, from the outside: runs of the Assistants API, which no webhook tells of."""

import pytest
from runrelay_client import Client, calls, text

GET = ("get_order", {"order_id": "A-1"})
REFUND = ("refund_order", {"order_id": "A-1", "cents": 500})

THREAD, CREATE, LOOK = "POST /v1/threads", "POST /v1/threads/runs", "GET /v1/threads/runs"
SUBMIT, MESSAGES = f"{CREATE}/submit_tool_outputs", "GET /v1/threads/messages"


def test_a_thread_run_is_polled_to_its_end(client: Client):
    run_id = client.start(text("hello"), kind="thread")

    run = client.ended(run_id)

    assert (run["status"], run["result"]["output_text"], run["turn"]) == ("completed", "hello", 1)
    assert client.openai_requests(run_id) == [THREAD, CREATE, LOOK, MESSAGES]
    assert client.journal("webhook") == []


def test_all_outputs_of_a_thread_run_are_submitted_at_once(client: Client):
    run_id = client.start(
        calls(GET, REFUND), text("refunded"), kind="thread", tools=["get_order", "refund_order"]
    )

    run = client.ended(run_id)

    assert (run["status"], run["result"]["output_text"], run["turn"]) == ("completed", "refunded", 2)
    assert [call["outcome"] for call in run["calls"]] == ["succeeded"] * 2
    assert [effect["effect"] for effect in client.effects()] == ["refund"]
    assert client.openai_requests(run_id).count(SUBMIT) == 1
    (submitted,) = [entry for entry in client.journal("request") if entry["path"].endswith("outputs")]
    assert len(submitted["request"]["tool_outputs"]) == 2


@pytest.mark.parametrize(
    ("turn", "status", "code"),
    [
        ({"fail": {"code": "server_error", "message": "boom"}}, "failed", "server_error"),
        ({"incomplete": "max_completion_tokens"}, "incomplete", "max_completion_tokens"),
        ({"expired": True}, "expired", None),
    ],
    ids=["failed", "incomplete", "expired"],
)
def test_a_thread_run_that_ends_badly_ends_the_run_with_the_servers_words(client: Client, turn, status, code):
    run_id = client.start({"seconds": 0.1, **turn}, kind="thread")

    run = client.ended(run_id)

    assert run["status"] == status
    assert code is None or run["error"]["code"] == code

"""`Delivery=poll`: a stack that no webhook reaches, for teams without a public endpoint."""

from collections.abc import Iterator

import httpx2
import pytest
from runrelay_client import Client, approvals, calls, text

from tasks.local_stack import LocalStack

MCP = {"server_label": "accounts", "name": "credit", "arguments": {"cents": 500}}
ASK = ("ask_warehouse", {"question": "Is it there?"})
GET = ("get_order", {"order_id": "A-1"})


@pytest.fixture(scope="module")
def polling(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A stack of its own, that polls, and that waits for nobody for long."""
    parameters = {"Delivery": "poll", "DecisionSeconds": "4"}
    with (
        LocalStack(tmp_path_factory.mktemp("polling"), parameters=parameters) as stack,
        httpx2.Client(timeout=30, headers=stack.api_headers, trust_env=False) as http,
    ):
        yield Client(stack, http)


def test_runs_of_each_kind_end_without_a_webhook(polling: Client):
    run_ids = [
        polling.start(calls(GET), text("ok"), kind=kind, tools=["get_order"])
        for kind in ("response", "session", "thread")
    ]

    runs = [polling.ended(run_id) for run_id in run_ids]

    assert [(run["status"], run["result"]["output_text"]) for run in runs] == [("completed", "ok")] * 3
    assert polling.journal("webhook") == []
    assert polling.metric("WebhookRecovered") == 0


def test_what_nobody_decides_in_time_is_denied(polling: Client):
    run_id = polling.start(approvals(MCP), text("without it"), kind="session")

    run = polling.ended(run_id)

    assert run["result"]["output_text"] == "without it"
    (call,) = run["calls"]
    assert (call["outcome"], call["error"]["code"]) == ("denied", "decision_expired")

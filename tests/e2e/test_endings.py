"""Runs that are ended from outside: cancelled, past their deadline, or their webhooks lost."""

import time
from typing import Any

import pytest
from runrelay_client import Client, calls, text

KINDS = ["response", "session", "thread"]
ASK = ("ask_warehouse", {"question": "Can the parcel still be stopped?"})
NEVER = {"never": True}


def statuses_at_openai(client: Client) -> list[str]:
    return [last_status(each) for each in client.resources()]


def last_status(resource: dict[str, Any]) -> str:
    """How a resource stands; of a session, how its last turn does."""
    turns = resource.get("turns")
    return turns[-1]["status"] if turns else resource["status"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_cancelled_run_is_cancelled_at_openai_first(client: Client, kind):
    run_id = client.start(NEVER, kind=kind)
    client.until(run_id, lambda run: run["status"] == "in_progress")

    answer = client.cancel(run_id)

    run = client.ended(run_id)
    assert (answer.status_code, run["status"]) == (202, "cancelled")
    assert statuses_at_openai(client) == ["cancelled"]
    assert client.cancel(run_id).status_code == 202
    assert client.run(run_id) == run


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_is_cancelled_while_its_call_waits(client: Client, kind):
    run_id = client.start(calls(ASK), text("never said"), kind=kind, tools=["ask_warehouse"])
    call = client.waiting(run_id, "pending")

    client.cancel(run_id)

    run = client.ended(run_id)
    assert run["status"] == "cancelled"
    assert [each["outcome"] for each in run["calls"]] == ["denied"]
    assert client.give(run_id, call["call_id"], output="too late").status_code == 409


def test_a_cancel_that_comes_too_late_is_refused_and_changes_nothing(client: Client):
    run_id = client.start(text("done"))
    run = client.ended(run_id)

    assert client.cancel(run_id).status_code == 409

    time.sleep(1)
    assert client.run(run_id) == run


def test_a_run_past_its_deadline_expires_and_is_cancelled_at_openai(client: Client):
    run_ids = [client.start(NEVER, kind=kind, deadline_seconds=10) for kind in KINDS]

    runs = [client.ended(run_id) for run_id in run_ids]

    assert [(run["status"], run["error"]["code"]) for run in runs] == [("expired", "deadline")] * 3
    # What a cold instance came to only after the deadline was never begun, and has nothing to cancel.
    begun = [run for run in runs if run["provider_id"]]
    assert begun
    client.eventually(lambda: statuses_at_openai(client) == ["cancelled"] * len(begun))


def test_a_call_that_waits_past_the_deadline_ends_with_its_run(client: Client):
    run_ids = [
        client.start(calls(ASK), text("never said"), kind=kind, tools=["ask_warehouse"], deadline_seconds=4)
        for kind in KINDS
    ]

    runs = [client.ended(run_id) for run_id in run_ids]

    assert [(run["status"], run["error"]["code"]) for run in runs] == [("expired", "deadline")] * 3


def test_a_run_whose_webhooks_are_all_lost_is_recovered_by_a_check(client: Client):
    before = client.metric("WebhookRecovered")
    client.put_faults(webhooks={"drop": 1})
    run_ids = [client.start(text("found", seconds=2), kind=kind) for kind in ("response", "session")]

    runs = [client.ended(run_id) for run_id in run_ids]

    assert [(run["status"], run["result"]["output_text"]) for run in runs] == [("completed", "found")] * 2
    assert {webhook["fault"] for webhook in client.journal("webhook")} == {"drop"}
    for run_id in run_ids:
        ends = [event for event in client.timeline(run_id) if event["type"] == "turn_ended"]
        assert [event["woken_by"] for event in ends] == ["check"]
    # Of runs that an earlier test left, a check may tell in the meantime.
    client.eventually(lambda: client.metric("WebhookRecovered") >= before + 2)

"""Calls that wait for somebody: for a person's decision, or for the output that something outside gives."""

import pytest
from runrelay_client import Client, calls, text

KINDS = ["response", "session", "thread"]
LARGE_REFUND = ("refund_order", {"order_id": "A-1", "cents": 200_000})
GET = ("get_order", {"order_id": "A-1"})
ASK = ("ask_warehouse", {"question": "Can the parcel still be stopped?"})
TOOLS = ["refund_order", "get_order", "ask_warehouse"]


def answers_sent(client: Client, run_id: str) -> str:
    """What the model was told last, as the text of the request."""
    return str(client.posted(run_id)[-1])


@pytest.mark.parametrize("kind", KINDS)
def test_a_large_refund_is_made_once_a_person_approved_it(client: Client, kind):
    run_id = client.start(calls(LARGE_REFUND), text("refunded"), kind=kind, tools=TOOLS)
    call = client.waiting(run_id)
    assert client.effects() == []

    answer = client.decide(run_id, call["call_id"], approve=True, reason="Fine.")

    run = client.ended(run_id)
    assert (answer.status_code, run["result"]["output_text"]) == (202, "refunded")
    assert [effect["effect"] for effect in client.effects()] == ["refund"]
    (decided,) = [event for event in client.timeline(run_id) if event["type"] == "call_decided"]
    assert (decided["decision"], decided["reason"]) == ("approved", "Fine.")


def test_a_denied_call_is_not_run_and_the_model_is_told_why(client: Client):
    run_id = client.start(calls(LARGE_REFUND, GET), text("no refund"), tools=TOOLS)
    call = client.waiting(run_id)

    client.decide(run_id, call["call_id"], approve=False, reason="Too much money.")

    run = client.ended(run_id)
    assert (run["status"], client.effects()) == ("completed", [])
    outcomes = {each["name"]: each["outcome"] for each in run["calls"]}
    assert outcomes == {"refund_order": "denied", "get_order": "succeeded"}
    assert "A person denied this call: Too much money." in answers_sent(client, run_id)


def test_a_decision_on_a_call_that_awaits_none_is_a_409_that_says_how_it_stands(client: Client):
    run_id = client.start(calls(LARGE_REFUND, GET, ASK), text("ok"), tools=TOOLS)
    call_id = client.waiting(run_id)["call_id"]
    run_by_itself = client.waiting(run_id, "succeeded")["call_id"]
    external = client.waiting(run_id, "pending")["call_id"]
    client.decide(run_id, call_id, approve=False)

    answers = {
        "the same again": client.decide(run_id, call_id, approve=False),
        "the other one": client.decide(run_id, call_id, approve=True),
        "of a finished call": client.decide(run_id, run_by_itself, approve=True),
        "of an external call": client.decide(run_id, external, approve=True),
        "of no call": client.decide(run_id, "call_of_nobody", approve=True),
        "not a decision": client.decide(run_id, call_id, approve="yes"),
    }

    assert {name: answer.status_code for name, answer in answers.items()} == {
        "the same again": 202,
        "the other one": 409,
        "of a finished call": 409,
        "of an external call": 409,
        "of no call": 404,
        "not a decision": 422,
    }
    assert "the call is denied" in answers["the other one"].json()["detail"]
    assert "the call is succeeded" in answers["of a finished call"].json()["detail"]
    assert client.give(run_id, run_by_itself, output="x").status_code == 409
    assert client.effects() == []
    client.cancel(run_id)


@pytest.mark.parametrize("kind", KINDS)
def test_what_somebody_outside_found_out_is_told_to_the_model(client: Client, kind):
    run_id = client.start(calls(ASK), text("stopped"), kind=kind, tools=TOOLS)
    call = client.waiting(run_id, "pending")
    assert call["executor"] == "external"

    answer = client.give(run_id, call["call_id"], output={"stopped": "yes, at the gate"})

    run = client.ended(run_id)
    assert (answer.status_code, run["result"]["output_text"]) == (202, "stopped")
    assert run["calls"][0]["output"] == '{"stopped": "yes, at the gate"}'
    assert client.give(run_id, call["call_id"], output="something else").status_code == 409


def test_why_there_is_no_output_is_told_to_the_model(client: Client):
    run_id = client.start(calls(ASK), text("sorry"), tools=TOOLS)
    call = client.waiting(run_id, "pending")

    answer = client.give(run_id, call["call_id"], error="The warehouse is closed.")

    run = client.ended(run_id)
    assert (answer.status_code, run["status"]) == (202, "completed")
    assert [each["outcome"] for each in run["calls"]] == ["failed"]
    assert "The warehouse is closed." in answers_sent(client, run_id)

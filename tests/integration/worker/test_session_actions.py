"""What a session asks for and we give: outputs of calls, and decisions on approvals."""

import json
from typing import Any

import pytest

from tests.harness.scenario import asking, calling, saying
from tests.integration.worker.traffic import announced, posted

MCP = {"server_label": "crm", "name": "delete_customer", "arguments": {"id": 7}}
ORIGIN = {"origin": "https://shop.example.com", "reason": "to read the order"}
LOGIN = {"credential_origin": "https://shop.example.com", "fields": [{"id": "password"}]}
PREFIX = "agent.session.input"


def mcp_answer(decision: str) -> dict[str, Any]:
    return {
        "type": f"{PREFIX}.mcp_approval_request_result",
        "response": {"type": "mcp_tool_call", "decision": decision},
    }


def browser_answer(**response: str) -> dict[str, Any]:
    return {"type": f"{PREFIX}.computer_use_approval_request_result", "response": response}


ORIGIN_APPROVED = browser_answer(type="browser_origin_access", decision="approve")
ORIGIN_DENIED = browser_answer(type="browser_origin_access", decision="deny")
LOGIN_REFUSED = browser_answer(type="browser_authentication", action="cancel")


def sent_events(world) -> list[list[dict[str, Any]]]:
    """Give the events of each request, without the ids that are made anew each time."""
    ids = ("turn_id", "call_id", "request_id")
    return [
        [{key: value for key, value in event.items() if key not in ids} for event in body["events"]]
        for body in posted(world, "/events")
    ]


def waiting_call(world, run_id: str) -> dict[str, Any]:
    """Go on until a call waits for a person."""
    world.step_until(lambda: bool(announced(world, "Call Awaiting Decision")))
    [call] = world.run(run_id)["calls"]
    return call


def decide(world, run_id: str, call: dict[str, Any], **decision: Any) -> int:
    path = f"/runs/{run_id}/calls/{call['call_id']}/decision"
    status: int = world.request("POST", path, decision)["statusCode"]
    return status


# -- calls ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [{"order_id": "A-1"}, '{"order_id": "A-1"}'], ids=["object", "text"])
def test_arguments_are_an_object_or_the_text_of_one(world, arguments):
    run_id = world.start(calling(("get_order", arguments)), saying("ok"), kind="session", tools=["get_order"])

    world.run_to_end(run_id)

    [call] = world.run(run_id)["calls"]
    [[result]] = sent_events(world)
    assert (call["outcome"], json.loads(call["arguments"])) == ("succeeded", {"order_id": "A-1"})
    assert (result["type"], result["success"]) == (f"{PREFIX}.tool_result", True)
    assert result["output"] == call["output"]
    assert json.loads(result["output"])["order_id"] == "A-1"


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (("get_order", "{broken"), "break its schema"),
        (("get_order", {"order": 1}), "break its schema"),
        (("fly_away", {}), "There is no tool named fly_away."),
    ],
    ids=["no JSON", "against the schema", "an unknown tool"],
)
def test_a_call_that_cannot_be_run_is_answered_with_an_error(world, call, words):
    run_id = world.start(calling(call), saying("sorry"), kind="session", tools=["get_order"])

    world.run_to_end(run_id)

    [[result]] = sent_events(world)
    assert (world.run(run_id)["status"], result["success"]) == ("completed", False)
    assert words in result["error"]


def test_all_outputs_of_a_turn_are_submitted_at_once_and_each_turn_by_itself(world):
    two = calling(("get_order", {"order_id": "A-1"}), ("get_order", {"order_id": "A-2"}))
    one = calling(("get_order", {"order_id": "A-3"}))
    run_id = world.start(two, one, saying("done"), kind="session", tools=["get_order"])

    world.run_to_end(run_id)

    outputs = [{json.loads(event["output"])["order_id"] for event in events} for events in sent_events(world)]
    assert outputs == [{"A-1", "A-2"}, {"A-3"}]
    assert [call["turn"] for call in world.run(run_id)["calls"]] == [1, 1, 2]


def test_calls_and_approvals_of_one_turn_are_answered_together(world):
    both = calling(("get_order", {"order_id": "A-1"}), approvals=[MCP])
    run_id = world.start(both, saying("done"), kind="session", tools=["get_order"])
    world.step_until(lambda: "succeeded" in {call["outcome"] for call in world.run(run_id)["calls"]})
    [approval] = [call for call in world.run(run_id)["calls"] if call["name"] == "crm.delete_customer"]

    assert (approval["outcome"], posted(world, "/events")) == ("awaiting_decision", [])
    decide(world, run_id, approval, approve=True)
    world.run_to_end(run_id)

    [events] = sent_events(world)
    kinds = {event["type"] for event in events}
    assert kinds == {f"{PREFIX}.tool_result", f"{PREFIX}.mcp_approval_request_result"}


# -- approvals ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("approval", "approve", "event"),
    [
        (MCP, True, mcp_answer("approve")),
        (MCP, False, mcp_answer("deny")),
        (ORIGIN, True, ORIGIN_APPROVED),
        (ORIGIN, False, ORIGIN_DENIED),
        (LOGIN, False, LOGIN_REFUSED),
    ],
    ids=["mcp approved", "mcp denied", "origin approved", "origin denied", "login refused"],
)
def test_what_a_person_decides_is_what_the_session_is_told(world, approval, approve, event):
    run_id = world.start(asking(approval), saying("done"), kind="session")
    call = waiting_call(world, run_id)

    status = decide(world, run_id, call, approve=approve, reason="because")
    world.run_to_end(run_id)

    [call] = world.run(run_id)["calls"]
    assert (status, world.run(run_id)["status"]) == (202, "completed")
    assert call["decision"] == ("approved" if approve else "denied")
    assert sent_events(world) == [[event]]


@pytest.mark.parametrize(
    ("policy", "approval", "event"),
    [
        ("approve", MCP, mcp_answer("approve")),
        ("deny", MCP, mcp_answer("deny")),
        ("approve", ORIGIN, ORIGIN_APPROVED),
        ("deny", ORIGIN, ORIGIN_DENIED),
        ("deny", LOGIN, LOGIN_REFUSED),
    ],
)
def test_a_policy_decides_without_asking_anybody(world, policy, approval, event):
    with world.settings("worker", PROVIDER_APPROVALS=policy):
        run_id = world.start(asking(approval), saying("done"), kind="session")
        world.run_to_end(run_id)

    run = world.run(run_id)
    assert (run["status"], run["calls"][0]["decided_by"]) == ("completed", {"type": "policy"})
    assert announced(world, "Call Awaiting Decision") == []
    assert sent_events(world) == [[event]]


def test_a_login_is_never_given_neither_by_a_person_nor_by_policy(world):
    with world.settings("worker", PROVIDER_APPROVALS="approve"):
        run_id = world.start(asking(LOGIN), saying("done"), kind="session")
        call = waiting_call(world, run_id)

        status = decide(world, run_id, call, approve=True)

    assert (status, call["name"], call["outcome"]) == (422, "browser_authentication", "awaiting_decision")
    assert world.run(run_id)["status"] == "requires_action"
    assert sent_events(world) == []


def test_an_approval_that_nobody_decides_is_denied(world):
    with world.settings("worker", DECISION_SECONDS="600"):
        run_id = world.start(asking(MCP), saying("done"), kind="session")
        world.run_to_end(run_id)

    [call] = world.run(run_id)["calls"]
    assert (call["outcome"], call["error"]["code"]) == ("denied", "decision_expired")
    assert sent_events(world) == [[mcp_answer("deny")]]

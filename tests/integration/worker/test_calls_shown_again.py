"""A turn that lives on may show for a moment what it asked for before, in another spelling: it is not run."""

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import boto3
import pytest

from tests.harness.scenario import calling, saying
from tests.harness.template import physical_name
from tests.harness.wire import Answer, Request, at_first
from tests.harness.world import World
from tests.integration.worker.traffic import receive

pytestmark = pytest.mark.drawn_by_kind

EMAIL = ("send_email", {"to": "a@b.c", "subject": "Hello", "body": "\u00e9"})
ANSWERS = {"session": "/events", "thread": "/submit_tool_outputs"}

type Asked = dict[str, Any]
"""What holds a call's arguments, as the provider shows it."""


def calls_in(resource: Any) -> list[Asked]:
    required = resource.get("required_action") or {}
    asked = required.get("submit_tool_outputs", {}).get("tool_calls", [])
    return [*(resource.get("required_actions") or ()), *(each["function"] for each in asked)]


def rewrite(asked: Asked, write: Callable[[dict[str, Any]], str]) -> None:
    asked["arguments"] = write(json.loads(asked["arguments"]))


SPELLINGS: dict[str, Callable[[Asked], None]] = {
    "as it was": lambda _asked: None,
    "no spaces": lambda asked: rewrite(asked, lambda said: json.dumps(said, separators=(",", ":"))),
    "another order": lambda asked: rewrite(asked, lambda said: json.dumps(dict(reversed(said.items())))),
    "no escapes": lambda asked: rewrite(asked, lambda said: json.dumps(said, ensure_ascii=False)),
    "no turn": lambda asked: asked.update(turn_id=None),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("kind", ANSWERS)
def test_a_call_that_is_shown_again_in_another_spelling_is_not_run_again(world: World, kind, spelling):
    shown: list[Any] = []

    def intercept(request: Request) -> Answer | None:
        exchanges = world.wire.exchanges
        is_answered = any(each.request.operation.endswith(ANSWERS[kind]) for each in exchanges)
        before = [each.answer for each in exchanges if each.request.operation == request.operation]
        asking = [each for each in before if request.operation.startswith("GET ") and calls_in(each)]
        if not is_answered or not asking or len(shown) == 2:
            return None
        shown.append(deepcopy(asking[-1]))
        for asked in calls_in(shown[-1]):
            SPELLINGS[spelling](asked)
        return Answer(200, shown[-1])

    world.wire.interceptor = intercept
    world.simulator.faults(seed=1, webhooks={"drop": 1.0})
    world.patience_seconds = 0.2
    run_id = world.start(calling(EMAIL), {**saying("done"), "seconds": 1}, kind=kind, tools=["send_email"])
    world.run_to_end(run_id)

    run = world.run(run_id)
    assert (run["status"], [(call["turn"], call["outcome"]) for call in run["calls"]]) == (
        "completed",
        [(1, "succeeded")],
    )
    assert len(world.simulator.effects()) == 1
    assert len(shown) == 2


LONG_EMAIL = ("send_email", {"to": "a@b.c", "subject": "Hello", "body": "c" * 150_000})
LOOK = "GET /v1/agents/sessions/"
QUESTION = ("ask_warehouse", {"question": "?"})


def asked_again(world: World, *calls: tuple[str, dict[str, Any]]) -> str:
    """Have a session ask for calls, an e-mail among them that is sent, and give the run's id."""
    run_id = world.start(
        calling(*calls), saying("done"), kind="session", tools=["send_email", "ask_warehouse"]
    )
    world.step_until(lambda: "succeeded" in [call["outcome"] for call in world.run(run_id)["calls"]])
    return run_id


def test_a_call_whose_stored_arguments_are_lost_is_not_run_again(world: World):
    world.patience_seconds = 0.2
    run_id = asked_again(world, LONG_EMAIL, QUESTION)
    s3, bucket = boto3.client("s3"), physical_name("PayloadBucket")
    for stored in s3.list_objects_v2(Bucket=bucket)["Contents"]:
        s3.delete_object(Bucket=bucket, Key=stored["Key"])

    receive(world, "agent.session.action_required", world.run(run_id)["provider_id"])
    world.deliver(*world.run_queue.visible)
    for message in world.tool_queue.visible:
        world.deliver(message)

    outcomes = [(call["name"], call["outcome"]) for call in world.run(run_id)["calls"]]
    assert outcomes == [("send_email", "succeeded"), ("ask_warehouse", "pending")]
    assert len(world.simulator.effects()) == 1


def test_another_call_under_the_id_of_one_of_its_turn_ends_the_run_and_it_says_why(world: World):
    world.patience_seconds = 0.2
    run_id = asked_again(world, EMAIL, QUESTION)
    seen = [each.answer for each in world.wire.exchanges if each.request.operation.startswith(LOOK)]
    body = deepcopy(next(each for each in reversed(seen) if calls_in(each)))
    [first] = [each for each in calls_in(body) if each["name"] == "send_email"]
    body["required_actions"].append({**first, "arguments": json.dumps({**EMAIL[1], "body": "another"})})
    world.wire.interceptor = at_first(
        lambda request: request.operation.startswith(LOOK), lambda: Answer(200, body)
    )

    receive(world, "agent.session.action_required", body["id"])
    world.run_to_end(run_id)
    world.settle()

    run = world.run(run_id)
    assert (run["status"], run["error"]["code"]) == ("failed", "unanswerable_output")
    assert "under the id" in run["error"]["message"]
    assert [(call["name"], call["outcome"]) for call in run["calls"]] == [
        ("send_email", "succeeded"),
        ("ask_warehouse", "denied"),
    ]
    assert len(world.simulator.effects()) == 1

"""A call's first word stands: what somebody did while the worker was about to close it."""

import json
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from contracts.errors import StaleReadError
from contracts.payloads import Stored
from contracts.records import Failure

from functions.worker.run_store import RunStore
from tests.harness.scenario import calling, saying
from tests.harness.wire import Request, at_first
from tests.harness.world import World
from tests.integration.worker.test_run_store import NOW, TABLE, a_call, item, put

SMALL = ("refund_order", {"order_id": "A-1", "cents": 500})
LARGE = ("refund_order", {"order_id": "A-2", "cents": 500_000})
QUESTION = ("ask_warehouse", {"question": "Is it there?"})
WAITING = {"output": "pending", "decision": "awaiting_decision"}
LATER = NOW + timedelta(minutes=1)


@pytest.mark.parametrize(
    "standing",
    [
        {"outcome": "running", "owner": "tools-1", "fence": 1, "lease_until": LATER},
        {"outcome": "succeeded", "output": Stored("inline:done"), "ended_at": LATER},
        {"outcome": "failed", "error": Failure("tool_failed", "It broke."), "ended_at": LATER},
        {"outcome": "denied", "error": Failure("denied", "No."), "ended_at": LATER},
        {"outcome": "pending", "decision": "approved", "fence": 2},
        {"outcome": "awaiting_decision", "fence": 1},
        {"outcome": "unknown", "error": Failure("outcome_unknown", "Who knows."), "ended_at": LATER},
    ],
    ids=lambda standing: standing["outcome"],
)
@pytest.mark.parametrize("outcome", ["denied", "failed", "unknown", "succeeded"])
def test_a_call_that_somebody_has_or_has_closed_is_not_closed_again(
    aws: SimpleNamespace, standing: dict[str, Any], outcome
):
    put(aws, a_call(**standing))
    before = item(aws, "call#00001#call_1")

    with pytest.raises(StaleReadError):
        RunStore(aws.dynamodb, TABLE).close_call(
            a_call(), a_call(outcome=outcome, error=Failure("late", "Too late."), ended_at=LATER)
        )

    assert item(aws, "call#00001#call_1") == before


def test_a_call_that_is_not_there_is_not_closed_into_being(aws: SimpleNamespace):
    with pytest.raises(StaleReadError):
        RunStore(aws.dynamodb, TABLE).close_call(a_call(), a_call(outcome="denied"))

    assert aws.dynamodb.scan(TableName=TABLE)["Items"] == []


# -- the same by the functions themselves -----------------------------------------------------------


def call_of(world: World, run_id: str) -> dict[str, Any]:
    """Give the run's only call."""
    [call] = world.run(run_id)["calls"]
    return call


def post(world: World, run_id: str, what: str, **body: Any) -> int:
    path = f"/runs/{run_id}/calls/{call_of(world, run_id)['call_id']}/{what}"
    status: int = world.request("POST", path, body)["statusCode"]
    return status


def told_model(world: World) -> str:
    entries = world.simulator.journal(kind="request", path="/responses")
    return "".join(
        json.dumps(entry["request"]) for entry in entries if "call_output" in str(entry["request"])
    )


def at_its_close(world: World, run_id: str, act: Callable[[], Any]) -> list[Any]:
    """Do something when the worker is about to write the run's only call, and give what came of it."""
    call_id, came = call_of(world, run_id)["call_id"], []

    def is_close(request: Request) -> bool:
        is_write = request.operation in ("UpdateItem", "PutItem", "TransactWriteItems")
        return request.sender == "worker" and is_write and f"call#00001#{call_id}" in json.dumps(request.body)

    world.wire.interceptor = at_first(is_close, lambda: came.append(act()))
    return came


@pytest.mark.parametrize(
    ("call", "what", "body", "words"),
    [
        (QUESTION, "output", {"output": "It is there."}, "It is there."),
        (QUESTION, "output", {"error": "It is closed."}, "It is closed."),
        (LARGE, "decision", {"approve": False, "reason": "no, Ann"}, "no, Ann"),
    ],
    ids=["an output", "an error", "a denial"],
)
def test_what_somebody_says_as_the_time_for_it_ends_is_refused_or_told_to_the_model(
    world: World, call, what, body, words
):
    run_id = world.start(calling(call), saying("done"), tools=[call[0]], deadline_seconds=3 * 86_400)
    world.step_until(lambda: [each["outcome"] for each in world.run(run_id)["calls"]] == [WAITING[what]])
    came = at_its_close(world, run_id, lambda: post(world, run_id, what, **body))

    world.run_to_end(run_id)

    assert world.run(run_id)["status"] == "completed"
    assert came == [202 if words in told_model(world) else 409]


def test_an_approval_as_the_time_for_it_ends_is_refused_or_the_call_runs(world: World):
    run_id = world.start(calling(LARGE), saying("done"), tools=["refund_order"], deadline_seconds=3 * 86_400)
    world.step_until(
        lambda: [each["outcome"] for each in world.run(run_id)["calls"]] == ["awaiting_decision"]
    )
    came = at_its_close(world, run_id, lambda: post(world, run_id, "decision", approve=True))

    world.run_to_end(run_id)

    assert came == [202 if world.simulator.effects() else 409]
    assert call_of(world, run_id)["outcome"] == ("succeeded" if world.simulator.effects() else "denied")


def test_a_call_that_runs_as_its_run_is_cancelled_is_not_said_to_have_been_withdrawn(world: World):
    run_id = world.start(calling(SMALL), saying("never said"), tools=["refund_order"])
    world.step_until(lambda: world.run(run_id)["status"] == "requires_action")
    [message] = world.tool_queue.messages
    came = at_its_close(world, run_id, lambda: world.deliver(message))
    world.request("POST", f"/runs/{run_id}/cancel")

    world.run_to_end(run_id)

    assert came == [[]]
    assert (call_of(world, run_id)["outcome"], world.run(run_id)["status"]) == ("succeeded", "cancelled")
    assert len(world.simulator.effects()) == 1

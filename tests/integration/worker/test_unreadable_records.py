"""A record that cannot be read ends its own run, or has it left alone; no other run hears of it."""

import json
from typing import Any

import boto3
import pytest

from tests.harness.queues import content
from tests.harness.scenario import calling, saying
from tests.harness.template import physical_name
from tests.harness.world import World

SECRET = "tulip"
BROKEN = {"M": {"words": {"S": SECRET}}}
TABLE = physical_name("RunTable")


def spoil(run_id: str, item: str, attribute: str, value: Any = BROKEN) -> None:
    """Put something else where an attribute stands."""
    boto3.client("dynamodb").update_item(
        TableName=TABLE,
        Key={"pk": {"S": run_id}, "sk": {"S": item}},
        UpdateExpression="SET #name = :value",
        ExpressionAttributeNames={"#name": attribute},
        ExpressionAttributeValues={":value": value},
    )


def lines(world: World, message: str) -> list[dict[str, Any]]:
    printed = [json.loads(line) for line in world.output("worker").splitlines()]
    return [line for line in printed if line.get("message") == message]


def sweep_for_an_hour(world: World) -> int:
    """Let the schedule fire every five minutes, and count the runs that it found."""
    found = 0
    for _ in range(12):
        world.clock.skip(300)
        found += world.sweep()
        world.settle()
    return found


def run_item(world: World) -> dict[str, Any]:
    return next(item for item in world.items() if item["sk"]["S"] == "run")


def test_a_run_that_cannot_be_read_is_left_alone_and_named(world: World):
    spoilt, other = (world.start(saying("done")) for _ in range(2))
    spoil(spoilt, "run", "tools")

    world.run_to_end(other)
    sweep_for_an_hour(world)
    letters = len(world.run_queue.dead_letters)

    assert world.run(other)["status"] == "completed"
    assert letters > 0
    assert sweep_for_an_hour(world) == 0
    assert len(world.run_queue.dead_letters) == letters
    named = f"UnreadableItemError: the item run of {spoilt} cannot be read: tools"
    assert {line["error"] for line in lines(world, "record failed")} == {named}
    assert lines(world, "run given up") == []  # for nobody has ended it
    assert {line["run_id"] for line in lines(world, "record failed")} == {spoilt}
    assert SECRET not in world.output("worker")


def test_a_run_that_was_mended_goes_on_and_is_swept_again(world: World):
    run_id = world.start(saying("done"))
    spoil(run_id, "run", "tools")
    sweep_for_an_hour(world)
    assert "sweep" not in run_item(world)

    spoil(run_id, "run", "tools", {"S": "[]"})
    world.run_queue.send(content(world.run_queue.dead_letters[0]))
    world.step_until(lambda: "sweep" in run_item(world))

    world.run_to_end(run_id)
    assert world.run(run_id)["status"] == "completed"


@pytest.mark.parametrize("attribute", ["arguments", "outcome", "created_at", "metadata"])
def test_a_run_of_which_a_call_cannot_be_read_ends_and_names_it(world: World, attribute: str):
    run_id = world.start(calling(("get_order", {"order_id": "A-1"})), saying("done"), tools=["get_order"])
    world.step_until(lambda: any(item["sk"]["S"].startswith("call#") for item in world.items()))
    (call,) = (item["sk"]["S"] for item in world.items() if item["sk"]["S"].startswith("call#"))
    spoil(run_id, call, attribute)

    world.run_to_end(run_id)

    run = world.run(run_id)
    assert (run["status"], run["error"]["code"]) == ("failed", "internal_error")
    assert f"the item {call} of {run_id} cannot be read: {attribute}" in run["error"]["message"]
    assert SECRET not in world.output("worker") + world.output("tools") + json.dumps(run)


def test_a_run_whose_request_cannot_be_read_ends_and_names_it(world: World):
    run_id = world.start(saying("done"))
    key = f"request#{run_id}"
    spoil(key, "request", "request")

    world.run_to_end(run_id)

    assert f"the item request of {key} cannot be read: request" in world.run(run_id)["error"]["message"]

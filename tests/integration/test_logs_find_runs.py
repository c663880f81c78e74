"""A run's id alone finds, in each function's log, every line about it, and why it fails."""

import json
import re
from typing import Any

import boto3
import pytest
from contracts.status import KINDS

from tests.harness.functions import LOGICAL_IDS
from tests.harness.scenario import calling, saying
from tests.harness.template import REGION, physical_name
from tests.harness.wire import Answer, Request
from tests.harness.world import World

GET = ("get_order", {"order_id": "A-1"})
NOT_ABOUT_A_RUN = {"runs swept", "webhook queued"}
"""A webhook says which run it is about only to who looks it up."""


def lines(world: World, function: str, run_id: str | None = None) -> list[dict[str, Any]]:
    """Give the log lines of a function; with a run's id, those that it finds."""
    every = [json.loads(line) for line in world.output(function).splitlines()]
    return [line for line in every if "message" in line and run_id in (None, line.get("run_id"))]


def broken(world: World, run_id: str, place: str, attribute: str) -> None:
    """Give an attribute of a record of a run's a type that it must not have."""
    items = (item for item in world.items() if item["pk"]["S"] == run_id)
    [item] = [item for item in items if item["sk"]["S"].startswith(place)]
    boto3.client("dynamodb", region_name=REGION).put_item(
        TableName=physical_name("RunTable"), Item=item | {attribute: {"S": "["}}
    )


@pytest.mark.parametrize("kind", KINDS)
def test_every_line_of_every_function_says_which_run_it_is_about(world: World, kind):
    run_ids = {world.start(calling(GET), saying("done"), kind=kind) for _ in range(2)}
    world.settle()
    world.sweep()

    every = [line for name in LOGICAL_IDS for line in lines(world, name)]
    assert {line.get("run_id") for line in every if line["message"] not in NOT_ABOUT_A_RUN} == run_ids


def test_the_worker_says_of_which_run_it_cannot_read_what(world: World):
    run_id = world.start(saying("done"))
    broken(world, run_id, "run", "metadata")
    world.settle()

    failures = [line for line in lines(world, "worker", run_id) if line["message"] == "record failed"]
    assert [line["receive_count"] for line in failures] == [1, 2, 3, 4, 5]
    named = f"UnreadableItemError: the item run of {run_id} cannot be read: metadata"
    assert {line["error"] for line in failures} == {named}
    assert all(line["message_id"] for line in failures)


def test_the_worker_says_of_which_run_a_webhook_was_that_it_cannot_handle(world: World):
    run_id = world.start(saying("done"))
    world.step_until(lambda: world.run(run_id)["status"] == "in_progress")
    broken(world, run_id, "run", "metadata")
    world.settle()

    failures = [line for line in lines(world, "worker", run_id) if line["message"] == "record failed"]
    assert any("webhook_id" in line for line in failures)


def test_the_tool_function_says_of_which_run_and_call_it_cannot_read_what(world: World):
    run_id = world.start(calling(GET), saying("done"), tools=["get_order"])
    world.step_until(lambda: bool(world.tool_queue.visible))
    broken(world, run_id, "call#", "metadata")
    for _ in range(5):
        world.deliver(*world.tool_queue.messages)
        world.clock.skip(900)

    failures = [line for line in lines(world, "tools", run_id) if line["message"] == "record failed"]
    (error,) = {line["error"] for line in failures}
    assert re.fullmatch(rf"UnreadableItemError: the item call#00001#call_\w+ of {run_id} .*: metadata", error)
    assert all(line["call_id"].startswith("call_") for line in failures)


def test_the_api_says_of_which_run_route_and_request_it_cannot_read_what(world: World):
    run_id, other = world.start(saying("done")), world.start(saying("done"))
    broken(world, run_id, "run", "metadata")

    answer = world.request("POST", f"/runs/{run_id}/cancel")
    world.request("GET", f"/runs/{other}")

    [line] = lines(world, "api", run_id)
    named = f"UnreadableItemError: the item run of {run_id} cannot be read: metadata"
    assert (answer["statusCode"], line["error"]) == (409, named)
    assert line["route"] == "POST /runs/<run_id>/cancel"
    assert line["request_id"]


def test_a_start_that_fails_names_the_run_that_it_has_begun(world: World):
    def intercept(request: Request) -> Answer | None:
        return Answer(500, {}) if request.service == "sqs" and request.sender == "api" else None

    world.wire.interceptor = intercept
    body = {"kind": "response", "request": {"model": "gpt-6-astra", "input": "hello"}}
    answer = world.request("POST", "/runs", body)

    [run_id] = {item["pk"]["S"] for item in world.items() if item["sk"]["S"] == "run"}
    [line] = lines(world, "api", run_id)
    assert (answer["statusCode"], line["message"]) == (503, "request failed")
    assert (line["route"], line["error"]) == ("POST /runs", "QueueUnavailableError")


def test_the_sweeper_says_which_run_it_has_looked_at_and_which_it_could_not(world: World):
    run_id = world.start(saying("done"))
    world.run_queue.messages.clear()
    world.clock.skip(100)
    world.sweep()

    def intercept(request: Request) -> Answer | None:
        return Answer(500, {}) if request.service == "sqs" else None

    world.wire.interceptor = intercept
    with pytest.raises(Exception, match="SendMessage"):
        world.sweep()

    assert [line["message"] for line in lines(world, "sweeper", run_id)] == ["run swept", "run not swept"]

"""Old messages and old records: redriven, written by other versions, expired too early or too late."""

from collections.abc import Mapping
from typing import Any

import boto3
import pytest

from tests.faults.invariants import check_all, check_effects, check_followups, check_terminal_states, handled
from tests.faults.rows import row
from tests.faults.runs import EFFECTS, KINDS, finish, start
from tests.harness.queues import content
from tests.harness.scenario import saying
from tests.harness.template import physical_name
from tests.harness.wire import Fault, Request
from tests.harness.world import World
from tests.unit.layer.frozen_examples import example

EIGHT_DAYS = 8 * 24 * 3600


def dynamodb() -> Any:
    """Make a client of nobody's, whose requests pass the wire unseen."""
    return boto3.client("dynamodb", region_name="eu-west-1")


def key_of(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: item[name] for name in ("pk", "sk")}


def is_close(request: Request) -> bool:
    return request.sender == "tools" and "#outcome" in (request.body or {}).get("UpdateExpression", "")


@row("F29")
@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("dies", ["worker", "tools"])
@pytest.mark.parametrize("kind", KINDS)
def test_dead_letters_that_are_redriven_among_live_traffic_have_no_second_effect(world, kind, dies, times):
    run_id = start(world, kind)
    world.wire.interceptor = lambda request: (
        Fault.KILL_BEFORE
        if is_close(request) or (dies == "worker" == request.sender and request.service == "openai")
        else None
    )
    if dies == "tools":
        world.step_until(lambda: world.run(run_id)["status"] == "requires_action")
        world.run_queue.purge()  # its checks would have its calls queued until its deadline
    world.settle()
    world.wire.interceptor = lambda _request: None
    queues = (world.run_queue, world.tool_queue)
    dead = [(queue, letter) for queue in queues for letter in queue.dead_letters]
    other = start(world, kind)

    for queue, letter in dead * times:
        queue.send(content(letter))
    finish(world, run_id, other)

    assert dead
    check_all(world, run_id, other, may_be_unknown=True, dead_letters=len(dead))


@row("F30")
@pytest.mark.parametrize("kind", KINDS)
def test_a_run_that_newer_code_wrote_to_goes_on_and_keeps_what_it_wrote(world, kind):
    run_id = start(world, kind)
    while not world.is_over(run_id):
        for item in world.items():
            dynamodb().put_item(TableName=physical_name("RunTable"), Item={**item, "tomorrow": {"S": "x"}})
        world.start_anew()
        world.step()

    finish(world, run_id)

    run = next(item for item in world.items() if item["sk"]["S"] == "run")
    assert run["tomorrow"] == {"S": "x"}
    check_all(world, run_id)


@row("F30")
def test_records_and_messages_of_release_0_1_lead_to_an_end(world):
    for name in ("item_open_run", "item_run_request", "item_call"):
        item = example(f"0.1/{name}")
        item |= {"deadline_at": {"S": "2999-01-01T00:00:00.000Z"}} if name == "item_open_run" else {}
        dynamodb().put_item(TableName=physical_name("RunTable"), Item=item)
    run_id = item["run_id"]["S"]

    for name in ("message_run", "message_webhook", "message_call"):
        queue = world.tool_queue if name == "message_call" else world.run_queue
        queue.send(example(f"0.1/{name}"))
    finish(world, run_id)

    # Of a run that is days old it is doubted for a quarter of an hour that its turn is gone.
    check_all(world, run_id, effects={}, statuses=["lost"], openai_requests=40)


@row("F30")
@pytest.mark.parametrize("kind", ["response", "session"])
def test_a_webhook_that_was_handled_under_another_functions_name_is_a_duplicate(world, monkeypatch, kind):
    run_id = start(world, kind)
    finish(world, run_id)
    cost = world.costs()
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "a-worker-by-another-name")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "another-name")
    world.start_anew()

    for event in world.webhooks:
        world.receive_webhook(event)
    finish(world, run_id)

    assert world.costs().openai_requests == cost.openai_requests
    check_all(world, run_id)


def expire(world: World) -> int:
    """Take away everything that is kept for less than a run, as if its time had come."""
    expiring = [item for item in world.items() if item["sk"]["S"] in ("delivery", "gate")]
    assert all("expires_at" in item for item in expiring)
    for item in expiring:
        dynamodb().delete_item(TableName=physical_name("RunTable"), Key=key_of(item))
    return len(expiring)


@row("F34")
@pytest.mark.parametrize("kind", ["response", "session"])
def test_webhooks_that_are_forgotten_too_early_are_handled_again_without_an_effect(world, kind):
    run_id, forgotten = start(world, kind), 0
    while world.step():
        forgotten += expire(world)
        for event in world.webhooks:
            world.receive_webhook(event)
        world.webhooks.clear()

    finish(world, run_id)

    assert forgotten
    world.step_until(lambda: not world.run_queue.messages)
    check_effects(world, run_id, EFFECTS)
    check_followups(world)
    check_terminal_states(world)


@row("F34")
def test_a_webhook_that_is_remembered_too_long_is_still_only_a_duplicate(world):
    run_id = start(world, "response", saying("done"), tools=[])
    finish(world, run_id)
    cost = world.costs()
    world.clock.skip(EIGHT_DAYS)

    world.receive_webhook(world.webhooks[-1])
    finish(world, run_id)

    assert world.costs().openai_requests == cost.openai_requests
    assert handled(world)
    check_all(world, run_id, effects={})

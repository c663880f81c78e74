"""A text that a record points to is gone from the payload bucket: what needs it ends, and says so."""

from typing import Any

import boto3
import pytest
from contracts.status import KINDS

from tests.harness.scenario import calling, saying
from tests.harness.template import REGION, physical_name

LONG = "x" * 150_000
CALLS = {
    "pure": ("get_order", {"order_id": LONG}),
    "keyed": ("refund_order", {"order_id": LONG, "cents": 500}),
    "once": ("send_email", {"to": "ann@example.org", "subject": "Hello", "body": LONG}),
}
TOOLS = ["get_order", "refund_order", "send_email"]


def lose_payloads() -> None:
    s3, bucket = boto3.client("s3", region_name=REGION), physical_name("PayloadBucket")
    for each in s3.list_objects_v2(Bucket=bucket)["Contents"]:
        s3.delete_object(Bucket=bucket, Key=each["Key"])


def dead_letters(world) -> list[Any]:
    return [*world.run_queue.dead_letters, *world.tool_queue.dead_letters]


def test_a_run_whose_request_is_lost_fails(world):
    run_id = world.start(saying("done"), request={"model": "gpt-6-astra", "input": LONG})
    lose_payloads()

    world.run_to_end(run_id)

    run = world.run(run_id)
    assert (run["status"], run["error"]["code"]) == ("failed", "internal_error")
    assert dead_letters(world) == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_call_whose_arguments_are_lost_is_an_answer_for_the_model(world, kind, call):
    run_id = world.start(calling(call), saying("done"), kind=kind, tools=TOOLS)
    world.step_until(lambda: bool(world.tool_queue.visible))
    lose_payloads()

    world.run_to_end(run_id)

    run = world.run(run_id)
    [shown] = run["calls"]
    assert (run["status"], shown["outcome"], shown["error"]["code"]) == (
        "completed",
        "failed",
        "internal_error",
    )
    assert (shown["arguments"], shown["arguments_left_out"], shown["attempts"]) == (None, True, 0)
    assert (world.simulator.effects(), dead_letters(world)) == ([], [])

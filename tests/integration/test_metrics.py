"""Each metric answers a question of docs/operating.md, in total and by dimensions that are few."""

import json
from collections import Counter
from typing import Any

import pytest
from contracts.status import KINDS

from tests.harness.functions import LOGICAL_IDS
from tests.harness.scenario import calling, failing, saying
from tests.harness.wire import Answer
from tests.harness.world import World

GET = ("get_order", {"order_id": "A-1"})
LARGE = ("refund_order", {"order_id": "A-1", "cents": 500_000})
QUESTION = ("ask_warehouse", {"question": "Where?"})
TOOLS = ["get_order", "refund_order", "ask_warehouse"]

type Point = tuple[str, str]
"""A metric, and the dimensions it is counted by, the service left out: `status=failed kind=thread`."""


def published(world: World) -> list[tuple[Point, float]]:
    """Give every value that CloudWatch would read out of the logs, by each of its lists of dimensions."""
    points = []
    for function in LOGICAL_IDS:
        for line in map(json.loads, world.output(function).splitlines()):
            for directive in line.get("_aws", {}).get("CloudWatchMetrics", ()):
                points.extend(_points(line, directive))
    return points


def _points(line: dict[str, Any], directive: dict[str, Any]) -> list[tuple[Point, float]]:
    assert directive["Namespace"] == "Runrelay"
    points = []
    for names in directive["Dimensions"]:
        assert "service" in names
        by = " ".join(f"{name}={line[name]}" for name in names if name != "service")
        points += [
            ((each["Name"], by), value) for each in directive["Metrics"] for value in line[each["Name"]]
        ]
    return points


def counts(world: World, *names: str) -> dict[Point, float]:
    """Add up the values of some metrics."""
    totals: Counter[Point] = Counter()
    for point, value in published(world):
        if point[0] in names:
            totals[point] += int(value)
    return dict(totals)


@pytest.mark.parametrize("kind", KINDS)
def test_runs_are_counted_as_they_end_by_status_and_kind(world: World, kind):
    for last in (saying("done"), saying("done"), failing(code="some_code", message="No.")):
        world.run_to_end(world.start(last, kind=kind))

    assert counts(world, "RunEnded") == {
        ("RunEnded", ""): 3,
        ("RunEnded", f"status=completed kind={kind}"): 2,
        ("RunEnded", f"status=failed kind={kind}"): 1,
    }


def test_calls_are_counted_by_outcome_and_tool_whoever_ends_them(world: World):
    asked = calling(GET, LARGE, QUESTION, ("of_tomorrow", {}), ("get_order", {"order_id": 7}))
    run_id = world.start(asked, saying("done"), tools=TOOLS)
    world.step_until(lambda: world.run(run_id)["status"] == "requires_action")
    calls = {call["name"]: call["call_id"] for call in world.run(run_id)["calls"]}
    for name, word, body in (
        ("refund_order", "decision", {"approve": False}),
        ("ask_warehouse", "output", {"output": "There."}),
    ):
        world.step_until(lambda name=name: is_waiting(world, run_id, name))
        for _ in range(2):  # the second is no news
            path = f"/runs/{run_id}/calls/{calls[name]}/{word}"
            assert world.request("POST", path, body)["statusCode"] == 202
    world.run_to_end(run_id)

    assert counts(world, "CallSucceeded", "CallFailed", "CallDenied", "CallOutcomeUnknown") == {
        ("CallSucceeded", ""): 2,
        ("CallSucceeded", "tool=get_order"): 1,
        ("CallSucceeded", "tool=ask_warehouse"): 1,
        ("CallFailed", ""): 2,
        ("CallFailed", "tool=unknown"): 1,
        ("CallFailed", "tool=get_order"): 1,
        ("CallDenied", ""): 1,
        ("CallDenied", "tool=refund_order"): 1,
    }


def is_waiting(world: World, run_id: str, name: str) -> bool:
    return any(call["name"] == name and call["wait_until"] for call in world.run(run_id)["calls"])


def test_calls_that_nobody_decides_are_counted_when_they_are_closed(world: World):
    run_id = world.start(calling(LARGE), saying("done"), tools=TOOLS)
    world.run_to_end(run_id)

    assert counts(world, "CallDenied") == {("CallDenied", ""): 1, ("CallDenied", "tool=refund_order"): 1}


def test_webhooks_are_counted_and_those_that_are_refused_by_the_reason(world: World):
    world.run_to_end(world.start(saying("done")))
    genuine, before = world.webhooks[0], counts(world, "WebhookQueued")
    headers = genuine["headers"]
    for changed in (
        {"headers": headers | {"webhook-id": ""}},
        {"headers": headers | {"webhook-timestamp": "1000000000"}},
        {"headers": headers | {"webhook-signature": "v1,AAAA"}},
        {"body": "x" * 300_000},
        {},
    ):
        world.receive_webhook(genuine | changed)

    [(queued, so_many)] = before.items()
    assert counts(world, "WebhookQueued", "WebhookRejected") == {
        queued: so_many + 1,
        ("WebhookRejected", ""): 4,
        ("WebhookRejected", "reason=malformed"): 1,
        ("WebhookRejected", "reason=stale"): 1,
        ("WebhookRejected", "reason=not_authentic"): 1,
        ("WebhookRejected", "reason=too_large"): 1,
    }


def test_webhooks_that_a_check_had_to_stand_in_for_are_counted(world: World):
    world.simulator.faults(webhooks={"drop": 1})
    world.patience_seconds = 0.1
    world.run_to_end(world.start(saying("done")))

    assert counts(world, "WebhookRecovered") == {("WebhookRecovered", ""): 1}


@pytest.mark.parametrize("kind", ["response", "thread"])
def test_it_is_measured_how_long_after_its_end_a_turn_is_recorded(world: World, kind):
    world.run_to_end(world.start(calling(GET), saying("done"), kind=kind, tools=TOOLS))

    seconds = [value for (name, by), value in published(world) if (name, by) == ("TurnRecordedAfter", "")]
    assert seconds
    assert all(0 <= each < 120 for each in seconds)
    assert {by for (name, by), _ in published(world) if name == "TurnRecordedAfter"} == {"", f"kind={kind}"}


def test_a_gate_that_closes_is_counted_by_kind(world: World):
    busy = Answer(429, {"error": {"message": "Slow.", "type": "requests", "code": "rate_limit_exceeded"}})
    world.start(saying("done"))
    world.wire.interceptor = lambda request: busy if request.service == "openai" else None
    world.step()

    assert counts(world, "GateClosed") == {("GateClosed", ""): 1, ("GateClosed", "kind=response"): 1}


def test_the_sweeper_measures_how_old_the_oldest_open_run_is(world: World):
    def ages() -> list[float]:
        return [value for point, value in published(world) if point == ("OldestOpenRun", "")]

    world.sweep()
    world.start(saying("done"))
    world.clock.skip(1000)
    world.start(saying("done"))
    world.sweep()
    world.settle()
    world.sweep()

    none_open, one_old, all_over = ages()
    assert (none_open, all_over) == (0, 0)
    assert 1000 <= one_old < 1060


def test_a_record_that_fails_is_counted_and_again_from_its_third_failure_on(world: World):
    world.run_queue.send({"version": 1, "message": "telegram"})
    world.settle()

    assert counts(world, "RecordFailed", "RecordFailedAgain") == {
        ("RecordFailed", ""): 5,
        ("RecordFailedAgain", ""): 3,
    }

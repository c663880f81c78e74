"""The tool function killed at each of its requests, in the whole system: the run ends, and once is once."""

import json
from itertools import count
from typing import Any

import pytest

from tests.harness.scenario import calling, saying
from tests.harness.wire import Fault, Request, at_first

EMAIL = ("send_email", {"to": "ann@example.com", "subject": "Hello", "body": "Hello."})
REFUND = ("refund_order", {"order_id": "A-1", "cents": 500})
ORDER = ("get_order", {"order_id": "A-1"})

CLAIM, CLOSE = 1, 2


def kill_at(world: Any, write: int, fault: Fault) -> None:
    """Kill the tool function at one of its writes."""
    writes = count(1)

    def is_it(request: Request) -> bool:
        return request.sender == "tools" and request.operation == "UpdateItem" and next(writes) == write

    world.wire.interceptor = at_first(is_it, lambda: fault)


@pytest.mark.parametrize(
    ("call", "write", "fault", "outcome", "effects"),
    [
        (EMAIL, CLAIM, Fault.KILL_BEFORE, "succeeded", 1),
        (EMAIL, CLAIM, Fault.KILL_AFTER, "unknown", 0),
        (EMAIL, CLOSE, Fault.KILL_BEFORE, "unknown", 1),
        (EMAIL, CLOSE, Fault.KILL_AFTER, "succeeded", 1),
        (REFUND, CLAIM, Fault.KILL_AFTER, "succeeded", 1),
        (REFUND, CLOSE, Fault.KILL_BEFORE, "succeeded", 1),
        (ORDER, CLAIM, Fault.KILL_AFTER, "succeeded", 0),
        (ORDER, CLOSE, Fault.KILL_BEFORE, "succeeded", 0),
    ],
    ids=str,
)
def test_a_run_ends_though_its_tool_function_was_killed(world, *, call, write, fault, outcome, effects):
    kill_at(world, write, fault)
    run_id = world.start(calling(call), saying("done"), tools=[call[0]])

    world.run_to_end(run_id)

    run = world.run(run_id)
    assert (run["status"], [each["outcome"] for each in run["calls"]]) == ("completed", [outcome])
    assert len(world.simulator.effects()) == effects
    assert (outcome == "unknown") == ("may or may not have" in told_to_the_model(world))


def told_to_the_model(world: Any) -> str:
    requests = [entry["request"] for entry in world.simulator.journal(kind="request") if entry["request"]]
    return json.dumps(requests[-1])

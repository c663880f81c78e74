"""Claims that outlive their owners' patience: zombies, early redeliveries, clocks that disagree."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import cycle

import pytest
from contracts import instant

from tests.faults.invariants import check_all
from tests.faults.rows import row
from tests.faults.runs import EMAIL, KINDS, REFUND, Shape, finish, shape, start
from tests.harness.scenario import calling, saying
from tests.harness.wire import Request, at_first
from tests.harness.world import World, harness

A_MINUTE = 60
LONGER_THAN_ANY_LEASE = 300
LARGE = "x" * 300_000
SERVICES = ("dynamodb", "openai")


def redeliver(world: World) -> None:
    """Deliver again whatever some function has in its hands."""
    for queue in (world.run_queue, world.tool_queue):
        for message in queue.messages:
            if message.approximate_receive_count and message not in queue.visible:
                world.deliver(message)


@row("F20", "F33")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.usefixtures("socket_enabled")
def test_a_function_that_falls_asleep_before_any_request_wakes_up_to_a_run_that_ended(new_shapes, kind):
    for asleep_at in new_shapes(kind, *SERVICES):
        with harness() as world:
            run_id = start(world, kind)
            world.wire.interceptor = at_first(is_(asleep_at), sleep(world, run_id))

            finish(world, run_id)

            check_all(world, run_id, may_be_unknown=True)


def is_(wanted: Shape) -> Callable[[Request], bool]:
    return lambda request: shape(request) == wanted


def sleep(world: World, run_id: str) -> Callable[[], None]:
    """Have the message redelivered at once, and all the rest done, before whoever sleeps goes on."""

    def act() -> None:
        redeliver(world)
        world.clock.skip(LONGER_THAN_ANY_LEASE)
        finish(world, run_id)

    return act


@row("F20")
@pytest.mark.parametrize(("call", "outcome"), [(EMAIL, "unknown"), (REFUND, "succeeded")])
def test_a_tool_function_that_fell_asleep_with_its_claim_writes_nothing_when_it_runs_its_tool(
    world, call, outcome
):
    name, arguments = call
    key = "subject" if name == "send_email" else "order_id"
    run_id = start(world, "response", calling((name, {**arguments, key: LARGE})), saying("done"))
    world.wire.interceptor = at_first(
        lambda request: (request.sender, request.service) == ("tools", "s3"), sleep(world, run_id)
    )

    finish(world, run_id)

    assert [each["outcome"] for each in world.run(run_id)["calls"]] == [outcome]
    assert "claim lost" in world.output("tools")
    effects = {"email" if name == "send_email" else "refund": 1}
    check_all(world, run_id, effects=effects, may_be_unknown=True)


@pytest.fixture
def set_clocks() -> Iterator[Callable[[World, float], None]]:
    """Set the functions' clocks so many seconds ahead; those of SQS stay right."""

    def ahead(world: World, seconds: float) -> None:
        instant.now = lambda: world.clock.now() + timedelta(seconds=seconds)

    now = instant.now
    yield ahead
    instant.now = now


@row("F11")
@pytest.mark.parametrize("drops", [0, 1])
@pytest.mark.parametrize("kind", KINDS)
def test_functions_whose_clocks_are_two_minutes_apart_take_turns(world, set_clocks, kind, drops):
    world.simulator.faults(webhooks={"drop": drops})
    run_id = start(world, kind)
    for seconds in cycle([A_MINUTE, -A_MINUTE, -A_MINUTE]):
        set_clocks(world, seconds)
        if world.is_over(run_id):
            break
        if not world.step():
            world.clock.skip(A_MINUTE)
            world.sweep()

    finish(world, run_id)

    check_all(world, run_id, may_be_unknown=True)


@row("F11")
@pytest.mark.parametrize("sender", ["worker", "tools"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_claim_that_a_clock_two_minutes_ahead_takes_over_has_no_second_effect(
    world, set_clocks, kind, sender
):
    def overtake() -> None:
        set_clocks(world, A_MINUTE)
        redeliver(world)
        set_clocks(world, -A_MINUTE)

    def is_in_the_middle(request: Request) -> bool:
        is_create = request.operation.startswith("POST /v1/")
        closes = "#outcome" in (request.body or {}).get("UpdateExpression", "")
        return request.sender == sender and (is_create if sender == "worker" else closes)

    run_id = start(world, kind)
    set_clocks(world, -A_MINUTE)
    world.wire.interceptor = at_first(is_in_the_middle, overtake)

    finish(world, run_id)

    check_all(world, run_id, may_be_unknown=True)

"""Many open runs at once, and one chain of checks for each."""

from collections import Counter
from datetime import datetime

import pytest

from tests.harness.queues import content
from tests.harness.scenario import ENDLESS, Turn, calling, saying
from tests.harness.wire import Answer, at_first
from tests.harness.world import World

RUNS = 55
FIRST_CHECK, EARLY = 30, 5
GET = ("get_order", {"order_id": "A-1"})


def deliver_all(world) -> None:
    """Deliver whatever is visible, in batches, and nothing that becomes visible later."""
    while batch := world.run_queue.visible[: world.run_queue.batch_size]:
        world.deliver(*batch)


def test_more_than_fifty_open_runs_have_one_chain_of_checks_each_though_the_sweeper_adds_more(world):
    runs = {world.start(ENDLESS) for _ in range(RUNS)}
    deliver_all(world)
    before = world.costs().openai_requests
    world.clock.skip(60)

    swept = world.sweep()
    twice = len(world.run_queue.messages)
    deliver_all(world)

    assert (swept, twice) == (RUNS, 2 * RUNS)
    assert Counter(content(message)["run_id"] for message in world.run_queue.messages) == dict.fromkeys(
        runs, 1
    )
    assert world.costs().openai_requests - before == RUNS


@pytest.mark.parametrize(("waits", "is_left"), [(0, True), (3, True), (8, False)])
def test_a_turn_that_begins_soon_after_its_run_leaves_the_run_where_the_sweep_index_has_it(
    world: World, waits: int, is_left: bool
):
    run_id = world.start(ENDLESS)
    [message] = world.run_queue.visible
    planned, begun = world.run(run_id)["due_at"], world.clock.time() + waits

    world.clock.skip(waits)
    world.deliver(message)

    due = datetime.fromisoformat(world.run(run_id)["due_at"]).timestamp()
    assert (world.run(run_id)["due_at"] == planned) is is_left
    assert begun + FIRST_CHECK - EARLY <= due <= begun + FIRST_CHECK + 1
    assert world.run_queue.seconds_until_next() == pytest.approx(due - world.clock.time(), abs=2)


def at_its_second_turn(world: World, second: Turn) -> str:
    """Bring a run to its second turn, ten seconds after the first has begun."""
    run_id = world.start(calling(GET), second, tools=["get_order"])
    world.deliver(*world.run_queue.visible)
    world.clock.skip(10)
    world.step_until(lambda: world.run(run_id)["turn"] == 2)
    return run_id


def test_a_further_turn_that_ends_before_the_first_ones_check_sends_for_none(world: World):
    run_id = at_its_second_turn(world, saying("done"))

    world.run_to_end(run_id)
    checks = [message for message in world.run_queue.messages if content(message)["reason"] == "check"]
    world.settle()

    assert len(checks) == 1
    assert world.costs().openai_requests == 4


def test_a_further_turn_whose_webhook_is_lost_is_looked_at_when_it_would_be_with_a_check_of_its_own(
    world: World,
):
    run_id = at_its_second_turn(world, ENDLESS)
    begun, before = world.clock.time(), world.costs().openai_requests

    world.step_until(lambda: world.costs().openai_requests > before)

    assert world.clock.time() - begun == pytest.approx(FIRST_CHECK, abs=EARLY)
    assert world.run(run_id)["status"] == "in_progress"
    assert Counter(content(message)["run_id"] for message in world.run_queue.messages) == {run_id: 1}


def test_a_look_at_a_further_turn_that_was_put_off_waits_for_no_check(world: World):
    run_id = at_its_second_turn(world, saying("done"))
    busy = Answer(429, headers={"retry-after": "2"})
    world.wire.interceptor = at_first(lambda request: request.operation.startswith("GET "), lambda: busy)
    begun = world.clock.time()

    world.run_to_end(run_id)

    assert world.run(run_id)["status"] == "completed"
    assert world.clock.time() - begun < FIRST_CHECK / 2

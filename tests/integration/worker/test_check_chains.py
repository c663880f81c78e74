"""Many open runs at once, and one chain of checks for each."""

from collections import Counter
from datetime import datetime

import pytest

from tests.harness.queues import content
from tests.harness.scenario import ENDLESS
from tests.harness.world import World

RUNS = 55
FIRST_CHECK, EARLY = 30, 5


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

"""Many open runs at once, and one chain of checks for each."""

from collections import Counter

from tests.harness.queues import content
from tests.harness.scenario import ENDLESS

RUNS = 55


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

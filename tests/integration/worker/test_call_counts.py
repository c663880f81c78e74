"""A run tells how many calls it has asked for, and when it is looked at next."""

import pytest

from tests.harness.scenario import calling, saying
from tests.harness.world import World

ORDER, OTHER = ("get_order", {"order_id": "A-1"}), ("get_order", {"order_id": "A-2"})


@pytest.mark.parametrize("kind", ["response", "session", "thread"])
def test_the_calls_of_all_turns_are_counted(world: World, kind):
    run_id = world.start(
        calling(ORDER, OTHER), calling(ORDER), saying("done"), kind=kind, tools=["get_order"]
    )

    world.run_to_end(run_id)

    run = world.run(run_id)
    assert (run["call_count"], len(run["calls"])) == (3, 3)


def test_more_calls_than_one_transaction_takes_are_counted_once(world: World):
    orders = [("get_order", {"order_id": f"A-{number}"}) for number in range(130)]
    run_id = world.start(calling(*orders), saying("done"), tools=["get_order"])

    world.run_to_end(run_id)

    assert world.run(run_id)["call_count"] == 130


def test_a_run_without_calls_counts_none_and_one_that_is_over_is_not_looked_at_again(world: World):
    run_id = world.start(saying("done"))
    due_at = world.run(run_id)["due_at"]

    world.run_to_end(run_id)

    run = world.run(run_id)
    assert due_at is not None
    assert (run["call_count"], run["due_at"]) == (0, None)

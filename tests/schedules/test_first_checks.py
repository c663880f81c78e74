"""When a turn is first looked at: a due time that is near stays, and one check does for several turns."""

from collections import Counter

import pytest

from tests.harness.queues import content
from tests.harness.scenario import ENDLESS, Turn, calling, saying
from tests.harness.wire import Answer, at_first
from tests.schedules.scenarios import ORDER
from tests.schedules.small_world import SmallWorld

FIRST_CHECK, EARLY = 30, 5


@pytest.mark.parametrize(
    ("waits", "is_left"), [(0, True), (3, True), (EARLY - 0.1, True), (EARLY + 0.1, False)]
)
def test_a_turn_that_begins_soon_after_its_run_leaves_the_run_where_the_sweep_index_has_it(
    small: SmallWorld, waits: float, is_left: bool
):
    run_id = small.start_kind("response", ENDLESS)
    [message] = small.run_queue.visible
    started, planned = small.clock.time(), small.due_at(run_id)

    small.pass_time(waits)
    small.deliver(message)

    due = small.due_at(run_id)
    assert (due == planned) is is_left
    assert due == pytest.approx(started + FIRST_CHECK + (0 if is_left else waits), abs=0.01)
    assert small.run_queue.seconds_until_next() == pytest.approx(due - small.clock.time(), abs=1)


def at_its_second_turn(world: SmallWorld, second: Turn) -> str:
    """Bring a run to its second turn, ten seconds after the first has begun."""
    run_id = world.start_kind("response", calling(ORDER), second, tools=["get_order"])
    world.deliver(*world.run_queue.visible)
    world.pass_time(10)
    world.deliver_webhook(world.webhooks_sent()[-1])
    while world.run(run_id)["turn"] < 2:
        world.deliver(*world.run_queue.visible, *world.tool_queue.visible)
    return run_id


def test_a_further_turn_that_ends_before_the_first_ones_check_sends_for_none(small: SmallWorld):
    run_id = at_its_second_turn(small, saying("done", seconds=1))

    small.pass_time(2)
    small.deliver_webhook(small.webhooks_sent()[-1])
    small.deliver(*small.run_queue.visible)
    [check] = small.run_queue.messages
    small.settle()

    assert small.run(run_id)["status"] == "completed"
    assert content(check)["reason"] == "check"
    assert small.costs().openai_requests == 4


def test_a_further_turn_whose_webhook_is_lost_is_looked_at_when_it_would_be_with_a_check_of_its_own(
    small: SmallWorld,
):
    run_id = at_its_second_turn(small, ENDLESS)
    begun, before = small.clock.time(), small.costs().openai_requests

    small.step_until(lambda: small.costs().openai_requests > before)

    assert small.clock.time() - begun == pytest.approx(FIRST_CHECK, abs=1)
    assert small.run(run_id)["status"] == "in_progress"
    assert Counter(content(message)["run_id"] for message in small.run_queue.messages) == {run_id: 1}


def test_a_look_at_a_further_turn_that_was_put_off_waits_for_no_check(small: SmallWorld):
    run_id = at_its_second_turn(small, saying("done", seconds=1))
    busy = Answer(429, headers={"retry-after": "2"})
    small.pass_time(2)
    small.deliver_webhook(small.webhooks_sent()[-1])
    small.wire.interceptor = at_first(lambda request: request.operation.startswith("GET "), lambda: busy)
    asked = small.clock.time()

    small.run_to_end(run_id)

    assert small.run(run_id)["status"] == "completed"
    assert small.clock.time() - asked < EARLY

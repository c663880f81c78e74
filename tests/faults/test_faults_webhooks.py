"""What webhooks say, and when: in any order, untrue, days late or never, it changes no ending."""

from itertools import count, permutations
from random import Random
from typing import Any

import pytest

from tests.faults.invariants import check_all
from tests.faults.rows import row
from tests.faults.runs import KINDS, finish, outcome, start, webhook
from tests.harness.world import World, harness

LIES = {
    "response": ("response.failed", "response.cancelled", "response.incomplete", "response.of_tomorrow"),
    "session": (
        "agent.session.failed",
        "agent.session.idle",
        "agent.session.created",
        "agent.session.of_tomorrow",
    ),
}
ENDING = {
    "status": "completed",
    "text": "done",
    "calls": [("refund_order", "succeeded"), ("send_email", "succeeded")],
    "turns": 2,
}
FOUR = 4
SAMPLE = 8
"""Of their twenty-four orders."""
numbers = count()


def begin(world: World, kind: str) -> tuple[str, str]:
    """Start a run and have its first turn begun; give its id and the provider's."""
    run_id = start(world, kind)
    world.deliver(*world.run_queue.visible)
    return run_id, world.simulator.resources()[-1]["id"]


def lie(world: World, event_type: str, provider_id: str) -> None:
    """Take in a webhook that says something, and handle it."""
    said = webhook(event_type, provider_id, webhook_id=f"wh_lie{next(numbers)}")
    assert world.receive_webhook(said)["statusCode"] == 202
    world.deliver(*world.run_queue.visible)


@row("F03")
@pytest.mark.parametrize(("kind", "expected"), [("response", 1), ("session", 3)])
@pytest.mark.usefixtures("socket_enabled")
def test_in_every_order_webhooks_lead_to_the_same_record(kind, expected, is_exhaustive):
    orders = list(permutations(range(FOUR)))
    for order in orders if is_exhaustive else Random(kind).sample(orders, SAMPLE):
        with harness() as world:
            run_id, provider_id = begin(world, kind)
            events = held_back(world, expected)
            events += [webhook(said, provider_id, webhook_id=f"wh_{next(numbers)}") for said in LIES[kind]]

            for index in order:
                world.receive_webhook(events[index])
                world.deliver(*world.run_queue.visible)
            finish(world, run_id)

            assert outcome(world, run_id) == ENDING
            check_all(world, run_id)


def held_back(world: World, expected: int) -> list[dict[str, Any]]:
    """Take webhooks from their sender, to be received later."""
    held = [world.next_webhook(seconds=5) for _ in range(expected)]
    for each in held:
        assert each
        each.answer.set_result({"statusCode": 202})
    return [each.event for each in held if each]


@row("F27")
@pytest.mark.parametrize(("kind", "event_type"), [(kind, each) for kind in LIES for each in LIES[kind]])
def test_a_webhook_that_says_what_is_not_so_ends_nothing(world, kind, event_type):
    run_id = start(world, kind, {"never": True})
    world.deliver(*world.run_queue.visible)

    lie(world, event_type, world.simulator.resources()[-1]["id"])

    assert world.run(run_id)["status"] == "in_progress"


@row("F27")
@pytest.mark.parametrize("kind", LIES)
def test_a_run_that_is_lied_about_all_the_time_ends_as_it_should(world, kind):
    run_id, _ = begin(world, kind)
    while not world.is_over(run_id):
        for event_type in LIES[kind]:
            lie(world, event_type, world.simulator.resources()[-1]["id"])
        world.step()

    finish(world, run_id)

    assert outcome(world, run_id) == ENDING
    check_all(world, run_id, openai_requests=60)


@row("F26")
@pytest.mark.parametrize("kind", KINDS)
def test_without_a_webhook_or_a_message_a_run_ends_and_a_webhook_days_later_is_nothing_new(world, kind):
    world.simulator.faults(webhooks={"drop": 1})
    run_id, provider_id = begin(world, kind)
    world.run_queue.purge()

    finish(world, run_id)
    ended, cost = world.run(run_id), world.costs()
    world.clock.skip(3 * 24 * 3600)
    for event_type in LIES.get(kind, ()):
        lie(world, event_type, provider_id)

    assert outcome(world, run_id) == ENDING
    assert world.run(run_id) == ended
    assert world.costs().openai_requests == cost.openai_requests
    check_all(world, run_id)

"""When runs of kind `thread` are looked at: no webhook tells of them."""

from datetime import datetime
from itertools import pairwise

from contracts import instant

from tests.harness.scenario import ENDLESS, calling, saying
from tests.integration.worker.traffic import counted

IN_THE_FIRST_MINUTE = [1, 2, 2, 3, *[5] * 11]
AFTER_IT = [8, 11, 17, 25, 38, 57, 60, 60, 60]
"""1 s, then half as long again each time, in whole seconds: SQS knows no others."""


def begun_at(world, run_id: str) -> datetime:
    """Say when a run's current turn was begun."""
    begun = [entry["at"] for entry in world.timeline(run_id) if entry["type"] == "turn_started"]
    return instant.from_text(begun[-1])


def looks(world, run_id: str, count: int) -> list[datetime]:
    """Go on until a run was looked at so often, and give the moments."""
    moments: list[datetime] = []

    def note(request) -> None:
        if request.operation.startswith("GET /v1/threads/"):
            moments.append(world.clock.now())

    world.wire.interceptor = note
    world.step_until(lambda: len(moments) >= count or world.is_over(run_id))
    return moments


def test_a_run_is_looked_at_after_1_s_then_ever_later_up_to_5_s_and_after_a_minute_up_to_60_s(world):
    world.patience_seconds = 0
    run_id = world.start(ENDLESS, kind="thread")
    world.step_until(lambda: world.run(run_id)["status"] == "in_progress")
    started = begun_at(world, run_id)

    moments = looks(world, run_id, len(IN_THE_FIRST_MINUTE + AFTER_IT))

    waits = [int((after - before).total_seconds()) for before, after in pairwise([started, *moments])]
    assert waits == IN_THE_FIRST_MINUTE + AFTER_IT


def test_after_outputs_were_submitted_a_run_is_looked_at_as_often_as_at_first(world):
    world.patience_seconds = 0.5
    run_id = world.start(
        calling(("get_order", {"order_id": "A-1"})), ENDLESS, kind="thread", tools=["get_order"]
    )
    world.step_until(lambda: world.run(run_id)["turn"] == 2)
    started = begun_at(world, run_id)

    moments = looks(world, run_id, 5)

    waits = [int((after - before).total_seconds()) for before, after in pairwise([started, *moments])]
    assert waits == IN_THE_FIRST_MINUTE[:5]


def test_a_check_that_comes_twice_makes_no_second_chain_of_looks(world):
    world.patience_seconds = 0
    run_id = world.start(ENDLESS, kind="thread")
    world.step_until(lambda: world.run(run_id)["status"] == "in_progress")
    (check,) = world.run_queue.messages
    world.clock.skip(1.1)

    for _ in range(5):
        world.deliver(check)
    moments = looks(world, run_id, 6)

    waits = [int((after - before).total_seconds()) for before, after in pairwise(moments)]
    assert waits == IN_THE_FIRST_MINUTE[2:7]
    assert len(world.run_queue.messages) == 1


def test_what_a_poll_sees_is_no_webhook_recovered(world):
    before = counted(world, "WebhookRecovered")
    run_id = world.start(
        calling(("get_order", {"order_id": "A-1"})), saying("done"), kind="thread", tools=["get_order"]
    )

    world.run_to_end(run_id)

    assert world.run(run_id)["status"] == "completed"
    assert counted(world, "WebhookRecovered") == before

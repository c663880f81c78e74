"""A run's check finds the run due when it comes, whatever was heard or begun before: no sweep is needed."""

import pytest

from tests.harness.queues import content
from tests.harness.scenario import ENDLESS, calling
from tests.harness.wire import Fault, at_first
from tests.schedules.scenarios import ORDER
from tests.schedules.small_world import SmallWorld

FIRST_CHECK, SKEW = 30, 3


def due_in(world: SmallWorld, run_id: str) -> float:
    """Count the seconds until a run is due."""
    return world.due_at(run_id) - world.clock.time()


def reasons(world: SmallWorld) -> list[str]:
    return [content(message).get("reason", "webhook") for message in world.run_queue.messages]


@pytest.mark.parametrize(
    ("first", "begins_after", "says_so_after", "deadline"),
    [(FIRST_CHECK, 4.9, 24, 3600), (36, 0, 2, 3600), (900, 0, 2, 60)],
    ids=["its turn began late", "its first check is late", "its deadline comes before its first check"],
)
def test_a_session_that_says_that_it_works_keeps_the_check_that_was_sent_when_its_turn_began(
    small: SmallWorld, first: int, begins_after: float, says_so_after: float, deadline: int
):
    with small.settings("worker", CHECK_FIRST_SECONDS=str(first)):
        small.start_kind("session", ENDLESS, deadline_seconds=deadline)
        [message] = small.run_queue.visible
        small.pass_time(begins_after)
        small.deliver(message)
        small.pass_time(says_so_after)
        [says_so] = [each for each in small.webhooks_sent() if "in_progress" in each.event["type"]]
        small.deliver_webhook(says_so)
        looks = small.costs().openai_requests

        small.step_until(lambda: small.costs().openai_requests > looks)


@pytest.mark.parametrize("first", [FIRST_CHECK, 36, 900])
def test_a_session_that_says_first_that_it_is_idle_does_so_too(small: SmallWorld, first: int):
    with small.settings("worker", CHECK_FIRST_SECONDS=str(first)):
        run_id = small.start_kind("session", ENDLESS)
        small.deliver(*small.run_queue.visible)
        [planned] = small.run_queue.messages
        small.pass_time(1)
        for says in ("idle", "in_progress"):
            [sent] = [each for each in small.webhooks_sent() if each.event["type"].endswith(says)]
            small.deliver_webhook(sent)
            small.deliver(*small.run_queue.visible)
        looks = small.costs().openai_requests

        small.step_until(lambda: small.costs().openai_requests > looks)

    assert planned not in small.run_queue.messages
    assert small.run(run_id)["status"] == "in_progress"


@pytest.mark.parametrize(
    ("first", "says_so_after"),
    [(FIRST_CHECK, FIRST_CHECK + 1), (FIRST_CHECK + 1, FIRST_CHECK)],
    ids=["its first check has come", "its first check has come early"],
)
def test_a_session_that_says_that_it_works_only_after_its_first_check_is_not_overdue(
    small: SmallWorld, first: int, says_so_after: int
):
    with small.settings("worker", CHECK_FIRST_SECONDS=str(first)):
        run_id = small.start_kind("session", ENDLESS)
        small.deliver(*small.run_queue.visible)
        [regular] = small.run_queue.messages
        idle, works = (
            next(each for each in small.webhooks_sent() if each.event["type"].endswith(says))
            for says in ("idle", "in_progress")
        )
        small.deliver_webhook(idle)
        small.step_until(lambda: due_in(small, run_id) > first)
        small.pass_time(says_so_after - 2)
        small.deliver(regular)

        small.deliver_webhook(works)
        small.deliver(*small.run_queue.visible)

    assert due_in(small, run_id) == pytest.approx(small.run_queue.seconds_until_next(), abs=1)


def test_a_check_whose_workers_clock_is_slow_and_that_begins_a_turn_is_not_that_turns_check(
    small: SmallWorld,
):
    run_id = small.start_kind("response", calling(ORDER), ENDLESS, tools=["get_order"])
    small.deliver(*small.run_queue.visible)
    small.pass_time(1)
    small.deliver_webhook(small.webhooks_sent()[-1])
    small.deliver(*small.run_queue.visible)
    [check] = small.run_queue.messages
    small.deliver(*small.tool_queue.messages)
    small.pass_time(due_in(small, run_id) - SKEW)

    small.deliver(check)

    assert (small.run(run_id)["turn"], due_in(small, run_id)) == (2, pytest.approx(FIRST_CHECK, abs=1))
    assert "check" in reasons(small)


@pytest.mark.parametrize("kind", ["response", "thread"])
def test_a_cancel_whose_message_is_lost_is_carried_on_by_checks_alone(small: SmallWorld, kind: str):
    run_id = small.start_kind(kind, ENDLESS)
    small.deliver(*small.run_queue.visible)
    assert small.request("POST", f"/runs/{run_id}/cancel")["statusCode"] == 202
    [cancel] = small.run_queue.visible
    small.run_queue.receive([cancel])
    small.run_queue.delete(cancel)
    assert reasons(small) == ["check"]
    small.wire.interceptor = at_first(
        lambda request: request.operation.endswith("/cancel"), lambda: Fault.LOSE_REQUEST
    )

    small.run_to_end(run_id)

    assert small.run(run_id)["status"] == "cancelled"


def test_a_cancel_whose_message_is_lost_and_that_a_webhook_carries_out_is_seen_to_by_checks_alone(
    small: SmallWorld,
):
    small.reset(api={"cancel_seconds": 60})
    run_id = small.start_kind("session", ENDLESS)
    small.deliver(*small.run_queue.visible)
    small.pass_time(FIRST_CHECK / 2)
    assert small.request("POST", f"/runs/{run_id}/cancel")["statusCode"] == 202
    [cancel] = small.run_queue.visible
    small.run_queue.receive([cancel])
    small.run_queue.delete(cancel)

    small.deliver_webhook(small.webhooks_sent()[-1])
    small.run_to_end(run_id)

    assert small.run(run_id)["status"] == "cancelled"

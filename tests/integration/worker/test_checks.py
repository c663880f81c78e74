"""Checks and sweeps: every run ends, though every webhook or every message is lost."""

import json
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from tests.harness.scenario import calling, saying
from tests.harness.wire import Request
from tests.harness.world import World
from tests.integration.worker.test_announced_ends import receive
from tests.integration.worker.traffic import announced

GET = ("get_order", {"order_id": "A-1"})


def recovered(world: World) -> int:
    """Count `WebhookRecovered` in what the workers printed."""
    lines = world.output("worker").splitlines()
    metrics = (json.loads(line) for line in lines if "WebhookRecovered" in line and "_aws" in line)
    return sum(sum(line["WebhookRecovered"]) for line in metrics)


def test_without_any_webhook_a_run_still_ends_and_the_lost_ones_are_counted(world):
    before = recovered(world)
    world.simulator.faults(webhooks={"drop": 1})
    run_id = world.start(calling(GET), saying("done"), tools=["get_order"])

    world.run_to_end(run_id)

    assert world.run(run_id)["result"]["output_text"] == "done"
    assert recovered(world) - before == 2
    assert world.costs().openai_requests == 4


def test_with_webhooks_checks_cost_no_openai_request(world):
    run_id = world.start(calling(GET), saying("done"), tools=["get_order"])

    world.run_to_end(run_id)
    world.settle()

    assert world.costs().openai_requests == 4
    assert not world.run_queue.messages


def test_a_turn_that_goes_on_is_checked_ever_more_rarely_until_its_deadline(world):
    run_id = world.start({"never": True}, deadline_seconds=3600)

    while not world.is_over(run_id):
        assert world.take_webhook() or world._deliver_batch() or world._let_time_pass()

    looks = [entry for entry in world.simulator.journal(kind="request") if entry["method"] == "GET"]
    run = world.run(run_id)
    assert (run["status"], run["error"]["code"]) == ("expired", "deadline")
    assert len(looks) == 7  # after 30, 60, 120, 240, 480, 900 and 900 s; at its deadline nobody looks
    assert world.simulator.resources()[0]["status"] == "cancelled"


def test_a_session_that_says_only_late_that_it_works_is_checked_no_later(world: World):
    world.simulator.faults(webhooks={"drop": 1})
    run_id = world.start({"never": True}, kind="session")
    world.deliver(*world.run_queue.visible)
    begun = world.clock.time()
    world.clock.skip(20)

    receive(world, "agent.session.in_progress", world.run(run_id)["provider_id"])
    looks = looked_at(world)
    while not looks:
        assert world._deliver_batch() or world._let_time_pass()

    assert looks[0] - begun == pytest.approx(30, abs=5)


def looked_at(world: World) -> list[float]:
    """Note when the provider is asked how something stands, from now on."""
    moments: list[float] = []

    def note(request: Request) -> None:
        if request.operation.startswith("GET /v1/"):
            moments.append(world.clock.time())

    world.wire.interceptor = note
    return moments


def test_a_turn_is_shown_from_its_begin_to_its_end(world: World):
    run_id = world.start(saying("done"))
    world.deliver(*world.run_queue.visible)
    world.clock.skip(10)
    world.run_to_end(run_id)

    begun, ended = (
        datetime.fromisoformat(entry["at"])
        for entry in world.timeline(run_id)
        if entry["type"] in ("turn_started", "turn_ended")
    )
    assert ended - begun >= timedelta(seconds=10)


def test_what_a_worker_has_no_time_for_is_left_to_another(world: World):
    world.start(saying("done"))
    [message] = world.run_queue.visible

    back = world.deliver(message, seconds=14)

    assert (back, world.run_queue.visible) == ([message], [message])
    assert {each.request.operation for each in world.wire.exchanges if each.request.sender == "worker"} == {
        "ChangeMessageVisibility"
    }


def test_a_run_whose_check_was_lost_is_found_by_the_next_sweep(world):
    world.simulator.faults(webhooks={"drop": 1})
    run_id = world.start(saying("done"))
    world.step()
    world.run_queue.purge()
    assert world.sweep() == 0
    world.clock.skip(60)

    assert world.sweep() == 1
    world.run_to_end(run_id)

    assert world.run(run_id)["status"] == "completed"
    assert world.sweep() == 0


def test_a_check_that_is_only_a_little_late_is_not_yet_lost(world):
    world.start({"never": True})
    world.step()
    world.clock.skip(30)

    assert world.sweep() == 0
    world.clock.skip(20)

    assert world.sweep() == 1


@pytest.mark.parametrize(("seconds", "swept"), [(4, 0), (30, 2)])
def test_a_sweep_goes_on_while_a_request_that_hangs_would_still_end_in_time(world, seconds, swept):
    for _ in range(2):
        world.start({"never": True})
    world.run_queue.purge()
    world.clock.skip(60)

    assert world.sweep(seconds=seconds) == swept
    assert len(world.run_queue.messages) == swept


def test_a_run_that_nobody_was_told_of_is_begun_by_a_sweep(world):
    run_id = world.start(saying("done"))
    world.run_queue.purge()
    world.clock.skip(60)

    world.sweep()
    world.run_to_end(run_id)

    assert world.run(run_id)["status"] == "completed"


def test_however_many_checks_there_are_a_run_has_one_chain_of_them(world):
    run_id = world.start({"never": True})
    world.step()
    (check,) = world.run_queue.messages
    world.clock.skip(31)

    for _ in range(5):
        world.deliver(check)

    assert len([entry for entry in world.simulator.journal(kind="request") if entry["method"] == "GET"]) == 1
    assert len(world.run_queue.messages) == 1
    assert world.run(run_id)["status"] == "in_progress"


@pytest.mark.parametrize("is_told", [True, False])
def test_a_call_whose_message_was_lost_is_queued_again_by_the_runs_one_check(world, is_told):
    world.simulator.faults(webhooks={"drop": 0 if is_told else 1})
    run_id = world.start(calling(GET), saying("done"), tools=["get_order"])
    world.deliver(*world.run_queue.visible)
    world.clock.skip(10)

    world.step_until(lambda: world.run(run_id)["status"] == "requires_action")
    [check] = world.run_queue.messages
    wait = world.run_queue.seconds_until_next()
    world.tool_queue.purge()
    world.clock.skip(wait)
    world.deliver(check)

    assert wait == pytest.approx(20 if is_told else 30, abs=5)
    assert len(world.tool_queue.messages) == 1


def test_a_call_whose_messages_are_all_lost_is_queued_ever_more_rarely_by_checks_alone(world: World):
    run_id = world.start(calling(GET), saying("done"), tools=["get_order"])
    world.step_until(lambda: world.run(run_id)["status"] == "requires_action")
    moments: list[float] = []

    while len(moments) < 6:
        if world.tool_queue.messages:
            moments.append(world.clock.time())
            world.tool_queue.purge()
        assert world._deliver_batch() or world._let_time_pass()
    world.run_to_end(run_id)

    waits = [later - before for before, later in pairwise(moments[1:])]
    assert waits == [pytest.approx(seconds, abs=5) for seconds in (60, 120, 240, 480)]
    assert world.run(run_id)["result"]["output_text"] == "done"


@pytest.mark.parametrize("call", [GET, ("ask_warehouse", {"question": "?"})])
def test_a_check_that_finds_a_turn_over_plans_one_check_of_its_calls(world: World, call):
    world.simulator.faults(webhooks={"drop": 1})
    run_id = world.start(calling(call), tools=[call[0]])
    world.step_until(lambda: world.run(run_id)["status"] == "requires_action")

    assert len(world.run_queue.messages) == 1


def test_a_run_is_cancelled_at_the_provider(world):
    run_id = world.start({"never": True})
    world.step()

    answer = world.request("POST", f"/runs/{run_id}/cancel")
    while not world.is_over(run_id):
        assert world._deliver_batch()

    assert answer["statusCode"] == 202
    assert world.run(run_id)["status"] == "cancelled"
    assert world.simulator.resources()[0]["status"] == "cancelled"
    told = [each["status"] for each in announced(world, "Run Status Changed")]
    assert told == ["in_progress", "cancelling", "cancelled"]


def test_a_cancel_that_was_acknowledged_holds_though_its_turn_had_ended(world):
    run_id = world.start(saying("done"))
    world.step()
    while world.simulator.resources()[0]["status"] != "completed":
        pass
    assert world.request("POST", f"/runs/{run_id}/cancel")["statusCode"] == 202

    world.run_to_end(run_id)

    run = world.run(run_id)
    assert (run["status"], run["result"]["output_text"]) == ("cancelled", "done")


def test_a_run_that_is_over_cannot_be_cancelled(world):
    run_id = world.start(saying("done"))
    world.run_to_end(run_id)
    ended = world.run(run_id)

    answer = world.request("POST", f"/runs/{run_id}/cancel")
    world.settle()

    assert answer["statusCode"] == 409
    assert world.run(run_id) == ended


def test_a_cancelled_run_that_waits_for_calls_submits_nothing_more(world):
    run_id = world.start(calling(GET), saying("never said"), tools=["get_order"])
    while world.run(run_id)["status"] != "requires_action":
        world.step()
    world.request("POST", f"/runs/{run_id}/cancel")

    world.settle()

    assert world.run(run_id)["status"] == "cancelled"
    assert len(world.simulator.resources()) == 1

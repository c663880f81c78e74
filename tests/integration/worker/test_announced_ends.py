"""The end of a run is announced at least once: a crash may repeat it, and a lost request delay it."""

import json
from itertools import pairwise
from typing import Any

import pytest

from tests.harness.queues import content
from tests.harness.scenario import calling, saying
from tests.harness.wire import Answer, Fault, Request, at_first
from tests.harness.world import World
from tests.integration.worker.traffic import announced, receive

LARGE_REFUND = ("refund_order", {"order_id": "A-2", "cents": 500_000})
WAITING = [
    (LARGE_REFUND, "Call Awaiting Decision"),
    (("ask_warehouse", {"question": "Is it there?"}), "Call Awaiting Output"),
]
OUT_OF_ORDER = Answer(500, {"__type": "InternalException", "message": "no"})


def ends(world: World) -> list[dict[str, Any]]:
    return [each for each in announced(world, "Run Status Changed") if each["status"] == "completed"]


def tells_the_end(request: Request) -> bool:
    return (
        request.operation == "PutEvents" and '"status": "completed"' in request.body["Entries"][0]["Detail"]
    )


def is_about_a_run(request: Request) -> bool:
    return request.operation == "PutEvents" and request.body["Entries"][0]["DetailType"] != "Webhook Relayed"


def test_an_end_is_announced_once(world: World):
    run_id = world.start(saying("done"))

    world.run_to_end(run_id)
    world.settle()

    assert [each["status_from"] for each in ends(world)] == ["in_progress"]


@pytest.mark.parametrize("fault", [Fault.KILL_BEFORE, Fault.KILL_AFTER], ids=lambda fault: fault.name)
def test_an_end_whose_worker_died_is_announced_by_the_next(world: World, fault):
    world.wire.interceptor = at_first(tells_the_end, lambda: fault)

    run_id = world.start(saying("done"))
    world.run_to_end(run_id)
    world.settle()

    assert {"run_id": run_id, "status_from": None}.items() <= ends(world)[-1].items()


def test_an_end_that_eventbridge_did_not_take_is_announced_later(world: World):
    refused: list[Request] = []

    def refuse_first_two(request: Request) -> Answer | None:
        if not tells_the_end(request) or len(refused) == 2:
            return None
        refused.append(request)
        return OUT_OF_ORDER

    world.wire.interceptor = refuse_first_two  # the second is botocore's own retry

    run_id = world.start(saying("done"))
    world.run_to_end(run_id)
    world.settle()

    assert [each["run_id"] for each in ends(world)] == [run_id]


def test_an_end_that_eventbridge_never_takes_is_announced_ever_more_rarely_for_two_hours(world: World):
    moments = [0.0]

    def refuse(request: Request) -> Answer | None:
        if not tells_the_end(request):
            return None
        if world.clock.time() > moments[-1] + 10:  # and not botocore's own retry
            moments.append(world.clock.time())
        return OUT_OF_ORDER

    world.wire.interceptor = refuse

    run_id = world.start(saying("done"))
    world.run_to_end(run_id)
    world.settle()

    waits = [later - earlier for earlier, later in pairwise(moments[1:])]
    assert waits == pytest.approx([30, 60, 120, 240, 480, *[900] * 7], abs=5)


def test_a_run_whose_end_cannot_be_announced_for_a_mistake_of_ours_stays_as_it_ended(world: World):
    def fail(request: Request) -> None:
        if tells_the_end(request):
            raise RuntimeError("a mistake")

    world.wire.interceptor = fail

    run_id = world.start(saying("done"))
    world.run_to_end(run_id)
    world.settle()

    assert (world.run(run_id)["status"], world.run_queue.dead_letters) == ("completed", [])


def test_an_eventbridge_that_is_down_holds_up_no_run(world: World):
    world.wire.interceptor = lambda request: OUT_OF_ORDER if is_about_a_run(request) else None

    run_id = world.start(saying("done"))
    world.run_to_end(run_id)
    world.settle()

    assert world.run(run_id)["status"] == "completed"
    assert world.run_queue.dead_letters == []


def test_an_end_whose_write_had_no_reply_is_announced(world: World):
    ends_run = at_first(lambda request: ":ended_at" in str(request.body), lambda: Fault.LOSE_REPLY)
    world.wire.interceptor = ends_run

    run_id = world.start(saying("done"))
    world.run_to_end(run_id)
    world.settle()

    assert [each["run_id"] for each in ends(world)] == [run_id]


@pytest.mark.parametrize(("tool", "detail_type"), WAITING, ids=lambda each: str(each[0]))
def test_a_call_that_waits_for_somebody_is_announced_although_eventbridge_was_down(world, tool, detail_type):
    until = world.clock.time() + 100
    world.wire.interceptor = lambda request: (
        OUT_OF_ORDER if is_about_a_run(request) and world.clock.time() < until else None
    )

    world.patience_seconds = 0.1
    run_id = world.start(calling(tool), saying("done"), tools=[tool[0]])
    world.run_to_end(run_id)

    assert [each["name"] for each in announced(world, detail_type)] == [tool[0]]


@pytest.mark.parametrize(("tool", "detail_type"), WAITING, ids=lambda each: str(each[0]))
@pytest.mark.parametrize("fault", [Fault.KILL_BEFORE, Fault.KILL_AFTER], ids=lambda fault: fault.name)
def test_a_call_that_waits_for_somebody_is_announced_although_its_worker_died(
    world, tool, detail_type, fault
):
    def tells_it(request: Request) -> bool:
        is_put = request.operation == "PutEvents"
        return is_put and request.body["Entries"][0]["DetailType"] == detail_type

    world.wire.interceptor = at_first(tells_it, lambda: fault)

    world.patience_seconds = 0.1
    run_id = world.start(calling(tool), saying("done"), tools=[tool[0]])
    world.step_until(lambda: world.run(run_id)["status"] == "requires_action")
    world.step_until(lambda: world.run_queue.seconds_until_next() is None or world.is_over(run_id))

    told = [each["name"] for each in announced(world, detail_type)]
    assert told == [tool[0]] * (1 if fault == Fault.KILL_BEFORE else 2)


def test_a_call_that_was_decided_before_it_could_be_announced_is_not_announced(world: World):
    until = world.clock.time() + 20
    world.wire.interceptor = lambda request: (
        OUT_OF_ORDER if is_about_a_run(request) and world.clock.time() < until else None
    )
    run_id = world.start(calling(LARGE_REFUND), saying("done"), tools=["refund_order"])
    world.step_until(lambda: "awaiting_decision" in [each["outcome"] for each in world.run(run_id)["calls"]])
    world.deliver(*world.run_queue.visible)

    [call] = world.run(run_id)["calls"]
    world.request("POST", f"/runs/{run_id}/calls/{call['call_id']}/decision", {"approve": True})
    world.run_to_end(run_id)

    assert announced(world, "Call Awaiting Decision") == []


def test_a_webhook_of_another_app_is_relayed_although_eventbridge_was_down_for_a_minute(world: World):
    down_until = world.clock.time() + 60
    world.wire.interceptor = lambda request: (
        OUT_OF_ORDER if request.operation == "PutEvents" and world.clock.time() < down_until else None
    )

    receive(world, "batch.completed", "batch_1")
    world.settle()

    assert [each["event"]["data"]["id"] for each in announced(world, "Webhook Relayed")] == ["batch_1"]
    assert world.run_queue.dead_letters == []


@pytest.mark.parametrize("event_type", ["response.completed", "agent.session.idle"])
def test_webhooks_of_other_apps_are_relayed_while_openai_is_down(world: World, event_type):
    down_until = world.clock.time() + 120
    world.wire.interceptor = lambda request: (
        Answer(500, {}) if request.service == "openai" and world.clock.time() < down_until else None
    )

    for number in range(20):
        receive(world, event_type, f"other_{number}")
    world.settle()

    relayed = [each["event"]["data"]["id"] for each in announced(world, "Webhook Relayed")]
    assert sorted(relayed) == sorted(f"other_{number}" for number in range(20))
    assert world.run_queue.dead_letters == []


@pytest.mark.parametrize("seconds", [60, 600])
@pytest.mark.parametrize("kind", ["response", "thread"])
def test_an_end_that_a_check_saw_is_announced_although_eventbridge_was_down_for_minutes(world, kind, seconds):
    world.simulator.faults(webhooks={"drop": 1})
    run_id = world.start(saying("done"), kind=kind)
    down_until: list[float] = []

    def intercept(request: Request) -> Answer | None:
        if request.service != "eventbridge":
            return None
        if not down_until and tells_the_end(request):
            down_until.append(world.clock.time() + seconds)
        return Answer(500, {}) if down_until and world.clock.time() < down_until[0] else None

    world.wire.interceptor = intercept
    world.run_to_end(run_id)
    world.settle()

    assert (len(ends(world)), world.run_queue.dead_letters) == (1, [])


@pytest.mark.parametrize(("status", "seconds"), [("expired", 60), ("cancelled", 600)])
def test_an_end_that_a_question_to_a_person_came_to_is_announced_by_the_next(world: World, status, seconds):
    """The message that a call asks for somebody finds the run past its deadline, or to be cancelled."""
    run_id = world.start(
        calling(LARGE_REFUND), saying("done"), tools=["refund_order"], deadline_seconds=seconds
    )

    def asks() -> list[Any]:
        return [each for each in world.run_queue.visible if content(each).get("reason") == "decision_needed"]

    world.step_until(lambda: bool(asks()))
    [question] = asks()
    if status == "cancelled":
        assert world.request("POST", f"/runs/{run_id}/cancel")["statusCode"] == 202
    else:
        world.clock.skip(61)
    world.wire.interceptor = at_first(
        lambda request: request.operation == "PutEvents", lambda: Fault.KILL_BEFORE
    )
    world.deliver(question)
    assert world.is_over(run_id)
    world.settle()

    assert status in [each["status"] for each in announced(world, "Run Status Changed")]


def test_a_call_that_waits_is_announced_ever_more_rarely_while_eventbridge_is_down(world: World):
    moments: list[float] = []

    def refuse(request: Request) -> Answer | None:
        if request.operation != "PutEvents" or "Call Awaiting" not in json.dumps(request.body):
            return None
        if not moments or world.clock.time() - moments[-1] > 5:  # the client itself asks twice
            moments.append(world.clock.time())
        return OUT_OF_ORDER

    world.wire.interceptor = refuse
    run_id = world.start(calling(LARGE_REFUND), saying("done"), tools=["refund_order"])
    world.step_until(lambda: len(moments) > 5)

    waits = [later - earlier for earlier, later in pairwise(moments[-5:])]
    assert world.run(run_id)["status"] == "requires_action"
    assert waits == pytest.approx([waits[0], 2 * waits[0], 4 * waits[0], 8 * waits[0]], rel=0.2)

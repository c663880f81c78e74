"""The end of a run is announced at least once: a crash may repeat it, and a lost request delay it."""

from itertools import pairwise
from typing import Any

import pytest

from simulator.webhooks.events import event
from simulator.webhooks.signing import signed_headers
from simulator.wire.bodies import as_bytes
from tests.harness.gateway import proxy_event
from tests.harness.scenario import saying
from tests.harness.site import site
from tests.harness.webhooks import PATH
from tests.harness.wire import Answer, Fault, Request, at_first
from tests.harness.world import World
from tests.integration.worker.traffic import announced

OUT_OF_ORDER = Answer(500, {"__type": "InternalException", "message": "no"})


def ends(world: World) -> list[dict[str, Any]]:
    return [each for each in announced(world, "Run Status Changed") if each["status"] == "completed"]


def tells_the_end(request: Request) -> bool:
    return (
        request.operation == "PutEvents" and '"status": "completed"' in request.body["Entries"][0]["Detail"]
    )


def is_about_a_run(request: Request) -> bool:
    return request.operation == "PutEvents" and request.body["Entries"][0]["DetailType"] != "Webhook Relayed"


def receive(world: World, event_type: str, about: str) -> None:
    """Have a webhook of another app arrive."""
    body = as_bytes(event(event_type, {"id": about}))
    headers = signed_headers(body, f"wh_{about}", [site().webhook_secret])
    answer = world.receive_webhook(proxy_event("POST", PATH, headers=headers.items(), body=body))
    assert answer["statusCode"] == 202


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

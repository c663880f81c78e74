"""What works at the provider for nobody is stopped, later if it cannot be now, and is on the timeline."""

from collections.abc import Callable

import pytest

from tests.harness.scenario import ENDLESS
from tests.harness.wire import Answer, Fault, Request, at_first
from tests.harness.world import World
from tests.integration.worker.traffic import receive

CREATES = {"response": "POST /v1/responses", "session": "POST /v1/agents/sessions"}
DOWN = Answer(503)


def events(world: World, run_id: str) -> list[str]:
    noted = ("turn_not_cancelled", "orphan_cancelled")
    return [each["type"] for each in world.timeline(run_id) if each["type"] in noted]


def statuses(world: World) -> list[str]:
    return [(each.get("turns") or [each])[-1]["status"] for each in world.simulator.resources()]


def stops(request: Request) -> bool:
    return request.operation.startswith("POST ") and request.operation.endswith(("/cancel", "/events"))


def refusing(
    is_meant: Callable[[Request], bool], times: int, then: Callable[[Request], Fault | Answer | None]
) -> Callable[[Request], Fault | Answer | None]:
    """Have the first requests of a sort fail."""
    struck: list[Request] = []

    def intercept(request: Request) -> Fault | Answer | None:
        if is_meant(request) and len(struck) < times:
            struck.append(request)
            return DOWN
        return then(request)

    return intercept


@pytest.mark.parametrize("kind", CREATES)
@pytest.mark.parametrize("times", [1, 3])
def test_an_orphan_that_cannot_be_stopped_is_stopped_later(world: World, kind, times):
    """The run expires while its first turn is being created: nobody awaits what is made."""

    def end() -> None:
        world.clock.skip(3600)
        world.sweep()
        for message in world.run_queue.visible:
            world.deliver(message)
        assert world.is_over(run_id)

    during_create = at_first(lambda request: request.operation == CREATES[kind], end)
    world.wire.interceptor = refusing(stops, times, during_create)
    run_id = world.start(ENDLESS, kind=kind, deadline_seconds=3600)
    world.run_to_end(run_id)
    world.settle()

    assert statuses(world) == ["cancelled"]
    assert events(world, run_id) == ["turn_not_cancelled", "orphan_cancelled"]


@pytest.mark.parametrize("end", ["deadline", "cancel"])
def test_what_cannot_be_listed_as_its_run_ends_is_listed_and_stopped_later(world: World, end):
    """The answer to the create was lost, and so are all webhooks: only the list tells that it was made."""
    world.simulator.faults(seed=1, webhooks={"drop": 1.0})
    world.patience_seconds = 0.1
    lost = at_first(lambda request: request.operation == CREATES["session"], lambda: Fault.LOSE_REPLY)
    world.wire.interceptor = refusing(lambda request: request.operation == "GET /v1/agents/sessions", 2, lost)
    run_id = world.start(ENDLESS, kind="session", deadline_seconds=40)

    if end == "cancel":
        world.deliver(*world.run_queue.visible)
        assert world.request("POST", f"/runs/{run_id}/cancel")["statusCode"] == 202
    world.run_to_end(run_id)
    assert statuses(world) == ["in_progress"]
    world.settle()

    assert statuses(world) == ["cancelled"]
    assert events(world, run_id) == ["orphan_cancelled"]


def test_an_orphan_of_a_run_that_goes_on_is_stopped_beside_it(world: World):
    """Two creates, as the answer to the first was lost and its webhook came late."""
    world.patience_seconds = 0.1
    creates: list[Request] = []

    def intercept(request: Request) -> Fault | Answer | None:
        if request.operation == CREATES["response"]:
            creates.append(request)
            return Fault.LOSE_REPLY if len(creates) == 1 else None
        return None

    world.wire.interceptor = refusing(stops, 2, intercept)
    run_id = world.start(ENDLESS, deadline_seconds=20_000)
    world.step_until(lambda: world.run(run_id)["status"] == "in_progress")
    first = world.simulator.resources()[0]["id"]
    receive(world, "response.turned_blue", first)
    world.step_until(lambda: "orphan_cancelled" in events(world, run_id))

    assert world.run(run_id)["status"] == "in_progress"
    assert sorted(statuses(world)) == ["cancelled", "in_progress"]
    assert events(world, run_id) == ["turn_not_cancelled", "orphan_cancelled"]

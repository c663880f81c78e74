"""What works at the provider for nobody is stopped, later if it cannot be now, and is on the timeline."""

import json
import time
from collections.abc import Callable
from contextlib import suppress

import pytest
from contracts.status import KINDS

from tests.harness.queues import content
from tests.harness.scenario import ENDLESS, saying
from tests.harness.wire import Answer, Fault, Request, at_first
from tests.harness.world import World
from tests.integration.worker.traffic import receive

pytestmark = pytest.mark.drawn_by_kind

CREATES = {"response": "POST /v1/responses", "session": "POST /v1/agents/sessions"}
DOWN = Answer(503)


def events(world: World, run_id: str) -> list[str]:
    noted = ("turn_not_cancelled", "orphan_cancelled")
    return [each["type"] for each in world.timeline(run_id) if each["type"] in noted]


def statuses(world: World) -> list[str]:
    return [(each.get("turns") or [each])[-1]["status"] for each in world.simulator.resources()]


def begin_another_turn(world: World) -> None:
    """Have somebody else begin a turn in the only session there is."""
    [session] = world.simulator.resources()
    words = {"role": "user", "content": [{"type": "input_text", "text": "go on"}]}
    event = {"type": "agent.session.input.message", "input": [words]}
    with suppress(json.JSONDecodeError):  # it answers without a body
        world.ask_openai(f"/agents/sessions/{session['id']}/events", {"events": [event]})


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


@pytest.mark.parametrize("kind", KINDS)
def test_a_stop_that_a_proxys_page_answers_is_made_again(world: World, kind):
    world.patience_seconds = 0.1
    page = Answer(200, "<html>", {"content-type": "text/html"})  # type: ignore[arg-type]
    world.wire.interceptor = at_first(stops, lambda: page)
    run_id = world.start(ENDLESS, kind=kind, deadline_seconds=600)
    world.run_to_end(run_id)
    world.settle()

    assert world.run(run_id)["status"] == "expired"
    assert statuses(world) == ["cancelled"]
    assert events(world, run_id) == ["turn_not_cancelled", "orphan_cancelled"]


def test_what_somebody_else_begins_in_a_session_after_its_run_is_not_stopped(world: World):
    """The list at the run's end could not be had, so there is something to stop later; this is not it."""
    world.simulator.faults(seed=1, webhooks={"drop": 1.0})
    world.patience_seconds = 0.1
    lost = at_first(lambda request: request.operation == CREATES["session"], lambda: Fault.LOSE_REPLY)
    lists: list[Request] = []

    def intercept(request: Request) -> Fault | Answer | None:
        if request.operation == "GET /v1/agents/sessions":
            lists.append(request)
            return DOWN if len(lists) == 2 else None
        return lost(request)

    world.wire.interceptor = intercept
    run_id = world.start(saying("done"), ENDLESS, kind="session")
    world.run_to_end(run_id)
    begin_another_turn(world)
    world.settle()

    assert len(lists) > 1
    assert statuses(world) == ["in_progress"]


def test_a_session_that_the_list_does_not_have_yet_as_its_run_ends_is_stopped_later(world: World):
    world.simulator.faults(seed=1, webhooks={"drop": 1.0})
    world.patience_seconds = 0.1
    lost = at_first(lambda request: request.operation == CREATES["session"], lambda: Fault.LOSE_REPLY)
    until = world.clock.time() + 30
    nothing = Answer(200, {"object": "list", "data": [], "has_more": False})
    world.wire.interceptor = lambda request: (
        nothing
        if request.operation == "GET /v1/agents/sessions" and world.clock.time() < until
        else lost(request)
    )
    run_id = world.start(ENDLESS, kind="session", deadline_seconds=15)
    world.deliver(*world.run_queue.visible)
    world.clock.skip(16)
    world.sweep()
    world.run_to_end(run_id)
    world.settle()

    assert (world.run(run_id)["status"], statuses(world)) == ("expired", ["cancelled"])


def test_a_turn_that_was_stopped_later_is_stopped_once_whatever_else_comes(world: World):
    """A person goes on in the session; a message to stop what was left comes again."""
    world.patience_seconds = 0.1
    world.wire.interceptor = refusing(stops, 1, lambda _request: None)
    run_id = world.start(ENDLESS, ENDLESS, kind="session", deadline_seconds=60)
    world.run_to_end(run_id)
    world.settle()
    begin_another_turn(world)

    world.run_queue.send({"version": 1, "message": "run", "run_id": run_id, "reason": "stop", "attempt": 1})
    world.settle()

    turns = [turn["status"] for turn in world.simulator.resources()[0]["turns"]]
    assert sorted(turns) == ["cancelled", "in_progress"]
    assert events(world, run_id) == ["turn_not_cancelled", "orphan_cancelled"]


@pytest.mark.parametrize("how", ["dies", "is slow"])
def test_an_orphan_is_stopped_though_the_end_of_its_run_is_decided_meanwhile(world: World, how):
    """The message to stop it comes between an end that was decided and the same end carried out."""
    world.patience_seconds = 0.1
    creates: list[Request] = []
    stopped: list[Request] = []
    is_ending = False

    def stop_the_orphan() -> None:
        world.clock.skip(5)
        world.deliver(*(each for each in world.run_queue.visible if content(each).get("reason") == "stop"))

    def intercept(request: Request) -> Fault | Answer | None:
        if request.operation == CREATES["response"]:
            creates.append(request)
            return Fault.LOSE_REPLY if len(creates) == 1 else None
        if request.operation.startswith("GET /v1/responses/") and is_ending:
            return Answer(
                400, {"error": {"message": "no", "code": "a_code", "type": "invalid_request_error"}}
            )
        if not stops(request):
            return None
        stopped.append(request)
        if not is_ending:
            return DOWN
        if len(stopped) > 2:
            return None
        return Fault.KILL_BEFORE if how == "dies" else stop_the_orphan()

    world.wire.interceptor = intercept
    run_id = world.start(ENDLESS, deadline_seconds=20_000)
    world.step_until(lambda: world.run(run_id)["status"] == "in_progress")
    first, second = (each["id"] for each in world.simulator.resources())
    receive(world, "response.turned_blue", first)
    world.step_until(lambda: events(world, run_id) == ["turn_not_cancelled"])
    world.clock.skip(58)
    is_ending = True
    receive(world, "response.turned_green", second)
    world.deliver(world.run_queue.visible[-1])
    world.run_to_end(run_id)
    world.settle()

    assert world.run(run_id)["status"] == "failed"
    assert statuses(world) == ["cancelled", "cancelled"]
    assert events(world, run_id)[-1] == "orphan_cancelled"


def test_a_turn_that_somebody_else_has_begun_is_not_stopped_for_ours_which_has_ended(world: World):
    """The run has expired, and its turn could not be stopped: it has come to its own end since."""
    world.simulator.faults(seed=1, webhooks={"drop": 1.0})
    world.patience_seconds = 0.1
    world.wire.interceptor = at_first(stops, lambda: DOWN)
    run_id = world.start(saying("done", seconds=1), ENDLESS, kind="session", deadline_seconds=20)
    world.deliver(*world.run_queue.visible)
    world.clock.skip(21)
    world.deliver(*world.run_queue.messages)
    assert world.run(run_id)["status"] == "expired"
    while statuses(world) != ["completed"]:
        time.sleep(0.1)
    begin_another_turn(world)
    world.settle()

    [session] = world.simulator.resources()
    assert [each["status"] for each in session["turns"]] == ["completed", "in_progress"]


def test_a_list_that_lacks_one_of_two_sessions_is_read_again_later(world: World):
    """Both creates' answers were lost, and the first was found by its webhook."""
    world.simulator.faults(seed=1, webhooks={"drop": 1.0})
    world.patience_seconds = 0.1
    creates: list[float] = []

    def intercept(request: Request) -> Fault | Answer | None:
        if request.operation == CREATES["session"]:
            creates.append(world.clock.time())
            return Fault.LOSE_REPLY
        if request.operation != "GET /v1/agents/sessions":
            return None
        listed = world.simulator.resources()[:1] if len(creates) == 2 else []
        is_late = len(creates) < 2 or world.clock.time() < creates[1] + 30
        return Answer(200, {"object": "list", "data": listed, "has_more": False}) if is_late else None

    world.wire.interceptor = intercept
    run_id = world.start(ENDLESS, kind="session", deadline_seconds=60)
    world.step_until(lambda: len(creates) == 2)
    receive(world, "agent.session.turned_blue", world.simulator.resources()[0]["id"])
    world.run_to_end(run_id)
    world.settle()

    assert world.run(run_id)["status"] == "expired"
    assert statuses(world) == ["cancelled", "cancelled"]


def test_a_run_whose_first_create_never_came_through_is_listed_for_three_minutes_and_no_longer(world: World):
    """There is one session where two may be; a list that has not both then never will."""
    lists: list[float] = []
    lost = at_first(lambda request: request.operation == CREATES["session"], lambda: Fault.KILL_BEFORE)

    def intercept(request: Request) -> Fault | Answer | None:
        if request.operation == "GET /v1/agents/sessions":
            lists.append(world.clock.time())
        return lost(request)

    world.wire.interceptor = intercept
    run_id = world.start(saying("done"), kind="session")
    world.run_to_end(run_id)
    ended_at = world.clock.time()
    world.settle()

    after = [round(at - ended_at) for at in lists if at > ended_at]
    assert after == pytest.approx([60, 180], abs=2)

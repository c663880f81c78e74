"""An end that another worker may see otherwise is decided before anything is taken away for it."""

from collections.abc import Callable

import pytest
from contracts.status import KINDS

from tests.harness.scenario import ENDLESS, calling, saying
from tests.harness.wire import Answer, Fault, Request, at_first
from tests.harness.world import World
from tests.integration.worker.traffic import receive

pytestmark = pytest.mark.drawn_by_kind

EMAIL = ("send_email", {"to": "a", "subject": "b", "body": "c"})
LOOKS = {
    "response": "GET /v1/responses/",
    "session": "GET /v1/agents/sessions/",
    "thread": "GET /v1/threads/",
}
TELLS = {"response": "response.completed", "session": "agent.session.action_required"}


def refusal(status: int) -> Answer:
    return Answer(status, {"error": {"message": "no", "code": "a_code", "type": "invalid_request_error"}})


def looks(kind: str) -> Callable[[Request], bool]:
    return lambda request: request.operation.startswith(LOOKS[kind])


def another_looks(world: World, kind: str, run_id: str) -> None:
    """Have another worker see the turn meanwhile, and write its call down."""
    if kind == "thread":
        world.run_queue.send(
            {"version": 1, "message": "run", "run_id": run_id, "reason": "check", "attempt": 0}
        )
    else:
        receive(world, TELLS[kind], world.run(run_id)["provider_id"])
    world.deliver(world.run_queue.visible[-1])
    assert world.run(run_id)["status"] == "requires_action"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("status", [400, 401])
def test_a_refusal_that_comes_while_another_goes_on_takes_nothing_away(world: World, kind, status):
    world.patience_seconds = 0.2
    world.simulator.faults(seed=1, webhooks={"drop": 1.0})
    run_id = world.start(calling(EMAIL), saying("done"), kind=kind, tools=["send_email"])
    world.step_until(lambda: world.run(run_id)["status"] == "in_progress")
    world.step_until(lambda: any('"check"' in message.body for message in world.run_queue.visible))
    [check] = [message for message in world.run_queue.visible if '"check"' in message.body]

    def refuse() -> Answer:
        another_looks(world, kind, run_id)
        return refusal(status)

    world.wire.interceptor = at_first(looks(kind), refuse)
    world.deliver(check)
    world.run_to_end(run_id)
    world.settle()

    run = world.run(run_id)
    assert (run["status"], [call["outcome"] for call in run["calls"]]) == ("completed", ["succeeded"])
    assert len(world.simulator.effects()) == 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fault", [Fault.KILL_BEFORE, Fault.KILL_AFTER], ids=lambda fault: fault.name)
def test_an_end_that_was_decided_is_carried_out_by_whoever_looks_next(world: World, kind, fault):
    run_id = world.start(ENDLESS, kind=kind)
    world.step_until(lambda: world.run(run_id)["status"] == "in_progress")
    refused = at_first(looks(kind), lambda: refusal(400))
    dies = at_first(lambda request: request.operation.endswith(("/cancel", "/events")), lambda: fault)
    world.wire.interceptor = lambda request: refused(request) or dies(request)

    world.run_to_end(run_id)
    world.settle()

    run = world.run(run_id)
    [resource] = world.simulator.resources()
    assert (run["status"], run["error"]["code"]) == ("failed", "a_code")
    assert (resource.get("turns") or [resource])[-1]["status"] == "cancelled"


@pytest.mark.parametrize("what", ["decision", "output", "cancel"])
def test_what_somebody_says_while_an_end_is_carried_out_holds_or_is_refused(world: World, what):
    """The worker is at its last request before the run is over."""
    question = ("ask_warehouse", {"question": "?"})
    refund = ("refund_order", {"order_id": "A-1", "cents": 500_000})
    tool = refund if what == "decision" else question
    run_id = world.start(calling(tool), saying("done"), kind="session", tools=[tool[0]])
    world.step_until(
        lambda: (
            [each["outcome"] for each in world.run(run_id)["calls"]]
            == ["awaiting_decision" if what == "decision" else "pending"]
        )
    )
    [call] = world.run(run_id)["calls"]
    said: list[int] = []

    def say() -> None:
        body = {"decision": {"approve": True}, "output": {"output": "yes"}, "cancel": None}[what]
        path = "cancel" if what == "cancel" else f"calls/{call['call_id']}/{what}"
        said.append(world.request("POST", f"/runs/{run_id}/{path}", body)["statusCode"])

    refused = at_first(looks("session"), lambda: refusal(400))
    then = at_first(lambda request: request.operation.endswith("/events"), say)
    world.wire.interceptor = lambda request: refused(request) or then(request)
    receive(world, "agent.session.action_required", world.run(run_id)["provider_id"])
    world.run_to_end(run_id)
    world.settle()

    run = world.run(run_id)
    assert (said, run["status"]) == (([202], "cancelled") if what == "cancel" else ([409], "failed"))
    assert [each["outcome"] for each in run["calls"]] == ["denied"]


def decided(world: World) -> int:
    """Count the writes of an end that is yet to be carried out."""
    writes = (each.request for each in world.wire.exchanges if each.request.operation == "UpdateItem")
    return sum(":ending" in each.body["ExpressionAttributeValues"] for each in writes)


@pytest.mark.parametrize(
    ("turns", "how", "status", "writes"),
    [
        ([saying("done")], "by itself", "completed", 0),
        ([calling(EMAIL), saying("done")], "by itself", "completed", 0),
        ([ENDLESS], "a cancel", "cancelled", 0),
        ([ENDLESS], "the deadline", "expired", 0),
        ([ENDLESS], "a refusal", "failed", 1),
        ([calling(EMAIL), ENDLESS], "a refusal", "failed", 1),
    ],
)
def test_only_an_end_that_others_may_see_otherwise_costs_a_write_more(
    world: World, turns, how, status, writes
):
    run_id = world.start(*turns, tools=["send_email"], deadline_seconds=600)
    if how != "by itself":
        world.step_until(
            lambda: (world.run(run_id)["turn"], world.run(run_id)["status"]) == (len(turns), "in_progress")
        )
    match how:
        case "a cancel":
            world.request("POST", f"/runs/{run_id}/cancel")
        case "the deadline":
            world.clock.skip(601)
        case "a refusal":
            world.wire.interceptor = at_first(looks("response"), lambda: refusal(400))
    world.run_to_end(run_id)

    assert world.run(run_id)["status"] == status
    assert decided(world) == writes


def test_a_run_that_is_refused_before_its_first_turn_costs_no_write_more(world: World):
    """Nobody can see it go on, and nothing is taken away for it."""
    world.wire.interceptor = at_first(
        lambda request: request.operation == "POST /v1/responses", lambda: refusal(400)
    )
    run_id = world.start(saying("never said"))
    world.run_to_end(run_id)

    assert world.run(run_id)["status"] == "failed"
    assert decided(world) == 0

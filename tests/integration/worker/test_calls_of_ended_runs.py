"""A call whose run ends while it is at work: whoever takes it up after that begins nothing."""

import json
from collections import Counter
from contextlib import suppress
from typing import Any

import pytest
from contracts.status import KINDS

from functions.tools.catalog.send_email import send_email
from tests.harness.queues import content
from tests.harness.scenario import calling, saying
from tests.harness.wire import Answer, Fault, Request, at_first
from tests.harness.world import World

pytestmark = pytest.mark.drawn_by_kind

REFUND = ("refund_order", {"order_id": "A-1", "cents": 5})
LOOKUP = ("get_order", {"order_id": "A-1"})
EMAIL = ("send_email", {"to": "a", "subject": "b", "body": "x" * 120_000})
SHORT = {"to": "a", "subject": "b", "body": "c"}
OPEN = {"pending", "running", "awaiting_decision"}
REFUSED = Answer(401, {"error": {"message": "no", "code": "invalid_api_key", "type": "x"}})
DOWN = Answer(500)


def is_claim(request: Request) -> bool:
    return request.sender == "tools" and request.operation == "UpdateItem"


def end(world: World, run_id: str, how: str) -> None:
    match how:
        case "cancel":
            assert world.request("POST", f"/runs/{run_id}/cancel")["statusCode"] == 202
        case "deadline":
            world.clock.skip(601)
            world.sweep()
        case "the key":
            world.wire.interceptor = lambda request: REFUSED if request.service == "openai" else None


@pytest.mark.parametrize("how", ["cancel", "deadline"])
@pytest.mark.parametrize(
    ("tool", "outcome"), [(REFUND, "unknown"), (LOOKUP, "failed")], ids=lambda each: each[0]
)
def test_a_call_whose_function_died_is_not_run_again_once_its_run_has_ended(world: World, how, tool, outcome):
    run_id = world.start(calling(tool), saying("done"), tools=[tool[0]], deadline_seconds=600)
    world.step_until(lambda: bool(world.tool_queue.visible))
    world.wire.interceptor = at_first(is_claim, lambda: Fault.KILL_AFTER)
    world.deliver(*world.tool_queue.visible)

    end(world, run_id, how)
    world.run_to_end(run_id)
    world.settle()

    [call] = world.run(run_id)["calls"]
    assert (call["outcome"], call["attempts"]) == (outcome, 1)
    assert world.simulator.effects() == []


def test_a_call_that_a_person_let_run_again_is_unknown_if_its_run_ends_before(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    """It was begun: the e-mail is out, and its function died before it wrote so."""
    monkeypatch.setattr(send_email, "when_unknown", "ask_person")
    run_id = world.start(calling((*EMAIL[:1], SHORT)), saying("done"), tools=["send_email"])
    writes: list[Request] = []

    def die_at_the_second(request: Request) -> Fault | None:
        if is_claim(request):
            writes.append(request)
        return Fault.KILL_BEFORE if len(writes) == 2 and request is writes[1] else None

    world.wire.interceptor = die_at_the_second
    world.step_until(
        lambda: [each["outcome"] for each in world.run(run_id)["calls"]] == ["awaiting_decision"]
    )
    [call] = world.run(run_id)["calls"]
    decision = f"/runs/{run_id}/calls/{call['call_id']}/decision"
    assert world.request("POST", decision, {"approve": True})["statusCode"] == 202
    end(world, run_id, "cancel")
    world.deliver(*(each for each in world.run_queue.visible if content(each).get("reason") == "cancel"))
    world.settle()

    [call] = world.run(run_id)["calls"]
    assert (call["outcome"], call["attempts"]) == ("unknown", 1)
    assert len(world.simulator.effects()) == 1


def test_a_call_that_is_given_back_once_its_run_has_ended_is_closed(world: World):
    run_id = world.start(calling(EMAIL), saying("done"), tools=["send_email"])
    world.step_until(lambda: bool(world.tool_queue.visible))
    seen: list[Request] = []

    def intercept(request: Request) -> Answer | None:
        if request.sender != "tools" or request.service != "s3":
            return None
        seen.append(request)
        if len(seen) == 1:
            end(world, run_id, "cancel")
            world.deliver(*world.run_queue.visible)
            assert world.is_over(run_id)
        return DOWN

    world.wire.interceptor = intercept
    world.deliver(*world.tool_queue.visible)

    [call] = world.run(run_id)["calls"]
    assert (call["outcome"], call["error"]["code"], call["attempts"]) == ("denied", "run_over", 0)
    world.wire.interceptor = lambda _request: None
    world.settle()
    assert world.run(run_id)["calls"] == [call]
    assert world.simulator.effects() == []


MANY = [("get_order", {"order_id": f"A-{number}"}) for number in range(150)]
"""More than one transaction takes."""


def at_second_lot(world: World, happen: Any) -> list[Request]:
    lots: list[Request] = []

    def intercept(request: Request) -> Fault | Answer | None:
        if request.sender != "worker" or request.operation != "TransactWriteItems":
            return None
        lots.append(request)
        return happen() if len(lots) == 2 else None

    world.wire.interceptor = intercept
    return lots


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("how", ["cancel", "deadline", "the key"])
def test_calls_of_which_the_run_ends_before_all_are_written_down_are_not_left_open(world: World, kind, how):
    world.patience_seconds = 0.05
    lots = at_second_lot(world, lambda: Fault.KILL_BEFORE)
    run_id = world.start(calling(*MANY), saying("done"), kind=kind, tools=["get_order"], deadline_seconds=600)
    world.step_until(lambda: len(lots) == 2)

    end(world, run_id, how)
    world.run_to_end(run_id)
    world.settle()

    outcomes = Counter(call["outcome"] for call in world.run(run_id)["calls"])
    assert outcomes.total() > 0
    assert not outcomes.keys() & OPEN


ABORTED = Answer(
    400,
    {
        "__type": "TransactionCanceledException",
        "message": "x",
        "CancellationReasons": [{"Code": "TransactionConflict"}],
    },
)


@pytest.mark.parametrize("then", [Fault.KILL_BEFORE, ABORTED], ids=["crash", "race"])
def test_a_call_is_neither_shown_nor_answered_before_its_whole_turn_is_written_down(world: World, then):
    """What is written down again would take the place of an answer that was acknowledged."""
    world.patience_seconds = 0.05
    shown: list[Any] = []

    def ask() -> Fault | Answer:
        shown.append(world.run(run_id)["calls"])
        [first] = [item for item in world.items() if item["sk"]["S"].startswith("call#00001#")][:1]
        call_id = first["call_id"]["S"]
        for what, body in (("output", {"output": "yes"}), ("decision", {"approve": True})):
            shown.append(world.request("POST", f"/runs/{run_id}/calls/{call_id}/{what}", body)["statusCode"])
        return then

    at_second_lot(world, ask)
    questions = [("ask_warehouse", {"question": f"A-{number}"}) for number in range(150)]
    run_id = world.start(
        calling(*questions), saying("done"), tools=["ask_warehouse"], deadline_seconds=20_000
    )
    world.step_until(lambda: world.run(run_id)["status"] == "requires_action")

    assert shown == [[], 404, 404]
    calls = world.run(run_id)["calls"]
    call_id = calls[0]["call_id"]
    answer = world.request("POST", f"/runs/{run_id}/calls/{call_id}/output", {"output": "yes"})
    assert (answer["statusCode"], len(calls)) == (202, 150)
    world.run_to_end(run_id)
    assert world.run(run_id)["calls"][0]["output"] == "yes"


def test_calls_that_somebody_else_answers_before_all_are_written_down_are_not_left_open(world: World):
    world.patience_seconds = 0.05
    lots = at_second_lot(world, lambda: Fault.KILL_BEFORE)
    questions = [("ask_warehouse", {"question": f"A-{number}"}) for number in range(150)]
    run_id = world.start(calling(*questions), saying("done"), kind="session", tools=["ask_warehouse"])
    world.step_until(lambda: len(lots) == 2)
    [session] = world.simulator.resources()
    answer = {"type": "agent.session.input.tool_result", "success": True, "output": "x"}
    events = [
        {**answer, "turn_id": action["turn_id"], "call_id": action["call_id"]}
        for action in session["required_actions"]
    ]
    with suppress(json.JSONDecodeError):  # it answers without a body
        world.ask_openai(f"/agents/sessions/{session['id']}/events", {"events": events})

    world.run_to_end(run_id)
    world.settle()

    outcomes = Counter(item["outcome"]["S"] for item in world.items() if item["sk"]["S"].startswith("call#"))
    assert world.run(run_id)["status"] == "completed"
    assert not outcomes.keys() & OPEN

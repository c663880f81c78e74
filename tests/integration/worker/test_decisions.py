"""Calls that wait for somebody, in runs of every kind: a person's decision, or an output from outside."""

import json
from typing import Any

import pytest
from contracts import catalog
from contracts.status import KINDS

from tests.harness.scenario import calling, saying
from tests.integration.worker.traffic import announced

SMALL = ("refund_order", {"order_id": "A-1", "cents": 500})
LARGE = ("refund_order", {"order_id": "A-2", "cents": 500_000})
LOOKUP = ("get_order", {"order_id": "A-1"})
QUESTION = ("ask_warehouse", {"question": "Is it there?"})
ANSWERS = {"response": "/responses", "session": "/events", "thread": "/submit_tool_outputs"}


@pytest.fixture
def start(world):
    def start(*calls: tuple[str, dict[str, Any]], kind: str = "response", **wanted: Any) -> str:
        tools = ["get_order", "refund_order", "ask_warehouse"]
        return world.start(calling(*calls), saying("done"), kind=kind, tools=tools, **wanted)

    return start


@pytest.fixture
def declare_refunds(world, monkeypatch, tmp_path):
    """Have the catalog that the worker reads say something else of refunds, or of another tool."""

    def declare(name: str = "refund_order", **changes: Any) -> None:
        entries = json.loads(catalog.CATALOG_FILE.read_text())
        changed = [each | (changes if each["name"] == name else {}) for each in entries]
        (tmp_path / "catalog.json").write_text(json.dumps(changed))
        monkeypatch.setattr(catalog, "CATALOG_FILE", tmp_path / "catalog.json")
        catalog.load_catalog.cache_clear()
        world.start_anew()

    yield declare
    catalog.load_catalog.cache_clear()
    world.start_anew()


@pytest.fixture
def refunds_always_ask(declare_refunds):
    """A catalog in which each refund waits for a person, whatever its arguments."""
    declare_refunds(approval="always")


def outcomes(world, run_id: str) -> dict[str, str]:
    return {call["name"]: call["outcome"] for call in world.run(run_id)["calls"]}


def go_on_until(world, run_id: str, **wanted: str) -> None:
    world.step_until(lambda: outcomes(world, run_id) == wanted)


def call_of(world, run_id: str, name: str) -> dict[str, Any]:
    [call] = [call for call in world.run(run_id)["calls"] if call["name"] == name]
    return call


def post(world, run_id: str, name: str, what: str, **body: Any) -> tuple[int, str]:
    """Decide a call, or answer it; gives the status and, if it was refused, why."""
    path = f"/runs/{run_id}/calls/{call_of(world, run_id, name)['call_id']}/{what}"
    answer = world.request("POST", path, body)
    return answer["statusCode"], json.loads(answer["body"]).get("detail", "")


def refunds(world) -> list[str]:
    return [effect["order_id"] for effect in world.simulator.effects()]


def told_model(world, kind: str) -> list[str]:
    """Give the outputs that the model was told, in one request."""
    entries = world.simulator.journal(kind="request", path=ANSWERS[kind])
    bodies = [json.dumps(entry["request"]) for entry in entries if entry["method"] == "POST"]
    return [body for body in bodies if "call_id" in body]


# -- who is asked ---------------------------------------------------------------------------------


def test_the_arguments_decide_whether_a_person_does(world, start):
    run_id = start(SMALL)

    world.run_to_end(run_id)

    assert outcomes(world, run_id) == {"refund_order": "succeeded"}
    assert announced(world, "Call Awaiting Decision") == []


@pytest.mark.parametrize("approve", [True, False])
@pytest.mark.parametrize("executor", ["tools", "external"])
def test_of_two_calls_alike_in_one_turn_one_is_asked_about(world, start, declare_refunds, approve, executor):
    """The other one comes to what it comes to."""
    declare_refunds(approval="always", effect="once", executor=executor)
    run_id = start(SMALL, SMALL)
    world.step_until(lambda: world.run(run_id)["status"] == "requires_action")
    first, second = world.run(run_id)["calls"]
    of_first, of_second = (f"/runs/{run_id}/calls/{call['call_id']}" for call in (first, second))

    for what, body in (("decision", {"approve": True}), ("output", {"output": "x"})):
        assert world.request("POST", f"{of_second}/{what}", body)["statusCode"] == 409
    assert world.request("POST", f"{of_first}/decision", {"approve": approve})["statusCode"] == 202
    if approve and executor == "external":
        assert world.request("POST", f"{of_first}/output", {"output": "x"})["statusCode"] == 202
    world.run_to_end(run_id)

    asked = [each["call_id"] for each in announced(world, "Call Awaiting Decision")]
    ended = {call["outcome"] for call in world.run(run_id)["calls"]}
    assert (asked, ended) == ([first["call_id"]], {"succeeded" if approve else "denied"})
    assert len(world.simulator.effects()) == (approve and executor == "tools")


def test_what_always_needs_a_person_is_not_even_queued_before(world, start, refunds_always_ask):
    run_id = start(SMALL)
    go_on_until(world, run_id, refund_order="awaiting_decision")

    assert world.tool_queue.messages == []
    assert len(announced(world, "Call Awaiting Decision")) == 1
    assert post(world, run_id, "refund_order", "decision", approve=True)[0] == 202
    world.run_to_end(run_id)

    assert refunds(world) == ["A-1"]


@pytest.mark.parametrize("kind", KINDS)
def test_what_needs_nobody_runs_at_once_and_all_outputs_are_submitted_together(world, start, kind):
    run_id = start(LOOKUP, LARGE, QUESTION, kind=kind)
    go_on_until(
        world, run_id, get_order="succeeded", refund_order="awaiting_decision", ask_warehouse="pending"
    )
    early = told_model(world, kind)

    post(world, run_id, "ask_warehouse", "output", output="It is there.")
    post(world, run_id, "refund_order", "decision", approve=True)
    world.run_to_end(run_id)

    assert outcomes(world, run_id) == dict.fromkeys(
        ("get_order", "refund_order", "ask_warehouse"), "succeeded"
    )
    assert (early, len(told_model(world, kind)), refunds(world)) == ([], 1, ["A-2"])
    assert all(call["call_id"] in told_model(world, kind)[0] for call in world.run(run_id)["calls"])


@pytest.mark.parametrize("asked", [LARGE, SMALL], ids=["by its arguments", "always"])
def test_a_call_that_was_approved_and_ran_once_shows_one_attempt(world, start, asked, request):
    if asked is SMALL:
        request.getfixturevalue("refunds_always_ask")
    run_id = start(asked)
    go_on_until(world, run_id, refund_order="awaiting_decision")
    before = call_of(world, run_id, "refund_order")["attempts"]

    post(world, run_id, "refund_order", "decision", approve=True)
    world.run_to_end(run_id)

    begun = [entry["attempt"] for entry in world.timeline(run_id) if entry["type"] == "call_started"]
    assert (before, call_of(world, run_id, "refund_order")["attempts"], begun) == (0, 1, [1])


# -- what becomes of it ---------------------------------------------------------------------------


def test_the_world_is_told_once_who_waits_for_what_and_how_long(world, start):
    run_id = start(LARGE, QUESTION)
    go_on_until(world, run_id, refund_order="awaiting_decision", ask_warehouse="pending")
    world.step_until(lambda: bool(announced(world, "Call Awaiting Decision")))

    [decision], [output] = (
        announced(world, "Call Awaiting Decision"),
        announced(world, "Call Awaiting Output"),
    )
    call = call_of(world, run_id, "refund_order")
    assert (decision["run_id"], decision["call_id"]) == (run_id, call["call_id"])
    assert json.loads(decision["arguments"]) == LARGE[1]
    assert decision["wait_until"] == call["wait_until"]
    assert output["call_id"] == call_of(world, run_id, "ask_warehouse")["call_id"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_world_is_told_of_a_call_run_elsewhere_that_waits_for_its_output_once_it_is_approved(
    world, start, declare_refunds, kind
):
    declare_refunds(approval="always", executor="external")
    run_id = start(SMALL, kind=kind)
    go_on_until(world, run_id, refund_order="awaiting_decision")

    early = announced(world, "Call Awaiting Output")
    post(world, run_id, "refund_order", "decision", approve=True)
    waits_until = call_of(world, run_id, "refund_order")["wait_until"]
    world.run_to_end(run_id)

    [told] = announced(world, "Call Awaiting Output")
    assert (early, told["wait_until"]) == ([], waits_until)
    assert len(announced(world, "Call Awaiting Decision")) == 1


@pytest.mark.parametrize(("characters", "is_told"), [(140_000, True), (160_000, False)])
def test_arguments_that_an_event_may_have_no_room_for_are_left_out_of_it(world, start, characters, is_told):
    arguments = {"question": "x" * characters}
    start(("ask_warehouse", arguments))
    world.step_until(lambda: bool(announced(world, "Call Awaiting Output")))

    [told] = announced(world, "Call Awaiting Output")
    assert (told["arguments"] and json.loads(told["arguments"])) == (arguments if is_told else None)


def test_a_denied_call_is_not_run_and_the_model_is_told_why(world, start):
    run_id = start(LARGE)
    go_on_until(world, run_id, refund_order="awaiting_decision")

    post(world, run_id, "refund_order", "decision", approve=False, reason="too much")
    world.run_to_end(run_id)

    assert outcomes(world, run_id) == {"refund_order": "denied"}
    assert refunds(world) == []
    assert "A person denied this call: too much" in told_model(world, "response")[0]


@pytest.mark.parametrize("kind", KINDS)
def test_a_call_that_nobody_decides_in_time_is_denied_and_the_model_is_told(world, start, kind):
    with world.settings("worker", DECISION_SECONDS="600"), world.settings("tools", DECISION_SECONDS="600"):
        run_id = start(LARGE, kind=kind)
        world.run_to_end(run_id)

    call = call_of(world, run_id, "refund_order")
    assert (call["outcome"], call["decision"], call["error"]["code"]) == (
        "denied",
        "denied",
        "decision_expired",
    )
    decided = next(event for event in world.timeline(run_id) if event["type"] == "call_decided")
    assert (decided["at"], decided["decided_by"]) == (call["ended_at"], {"type": "policy"})
    assert (world.run(run_id)["status"], refunds(world)) == ("completed", [])
    assert "Nobody decided on this call in time" in told_model(world, kind)[0]


def test_a_call_that_always_needs_a_person_is_denied_too_when_nobody_decides(
    world, start, refunds_always_ask
):
    with world.settings("worker", DECISION_SECONDS="600"):
        run_id = start(SMALL)
        world.run_to_end(run_id)

    assert outcomes(world, run_id) == {"refund_order": "denied"}
    assert refunds(world) == []


def test_a_decision_for_a_call_that_waits_no_longer_is_refused_and_says_how_it_stands(world, start):
    run_id = start(LARGE, QUESTION)
    go_on_until(world, run_id, refund_order="awaiting_decision", ask_warehouse="pending")
    post(world, run_id, "refund_order", "decision", approve=False)

    answer = post(world, run_id, "refund_order", "decision", approve=True)

    assert answer[0] == 409
    assert answer[1].startswith("the call is denied, it does not await a decision: it was denied")
    assert post(world, run_id, "ask_warehouse", "decision", approve=True)[0] == 409


# -- outputs from outside -------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("given", "outcome"), [({"output": "It is there."}, "succeeded"), ({"error": "It is closed."}, "failed")]
)
def test_what_somebody_outside_says_is_what_the_model_is_told(world, start, kind, given, outcome):
    run_id = start(QUESTION, kind=kind)
    go_on_until(world, run_id, ask_warehouse="pending")

    first = post(world, run_id, "ask_warehouse", "output", **given)
    other = post(world, run_id, "ask_warehouse", "output", output="Something else.")
    world.run_to_end(run_id)

    assert (first[0], other[0]) == (202, 409)
    assert outcomes(world, run_id) == {"ask_warehouse": outcome}
    assert next(iter(given.values())) in told_model(world, kind)[0]
    assert post(world, run_id, "ask_warehouse", "output", output="Too late.")[0] == 409


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "written", ["", "{broken", "[1]", '{"question": NaN}', {"nope": 1}, {**QUESTION[1], "x": 2}]
)
@pytest.mark.parametrize("approval", ["never", "always"])
def test_nobody_outside_is_asked_what_breaks_the_schema_and_the_model_is_told(
    world, declare_refunds, kind, written, approval
):
    declare_refunds("ask_warehouse", approval=approval)
    turns = calling(("ask_warehouse", written)), saying("done")
    run_id = world.start(*turns, kind=kind, tools=["ask_warehouse"])
    world.run_to_end(run_id)

    call = call_of(world, run_id, "ask_warehouse")
    assert (call["outcome"], call["error"]["code"]) == ("failed", "invalid_arguments")
    assert "The arguments of ask_warehouse break its schema" in told_model(world, kind)[0]
    assert announced(world, "Call Awaiting Output") == announced(world, "Call Awaiting Decision") == []


def test_an_output_that_nobody_gives_in_time_is_an_error_that_the_model_is_told(world, start):
    run_id = start(QUESTION)

    world.run_to_end(run_id)

    call = call_of(world, run_id, "ask_warehouse")
    assert (call["outcome"], call["error"]["code"]) == ("failed", "output_expired")
    assert world.run(run_id)["status"] == "completed"
    assert "Nobody gave the output of this call in time." in told_model(world, "response")[0]

"""The races that OpenAI's facts warn of: sessions that do not know yet, forget, or show what was before."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.harness.scenario import calling, saying
from tests.harness.wire import Answer, Fault, Request, at_first
from tests.integration.worker.traffic import answering_once, counted

LOCKED = Answer(400, {"error": {"code": "conversation_locked", "message": "Please retry.", "type": "x"}})
ACCEPTED = Answer(202)
ONE = calling(("get_order", {"order_id": "A-1"}))
TWO = calling(("get_order", {"order_id": "A-1"}), ("get_order", {"order_id": "A-2"}))


@pytest.fixture
def start(world):
    def start(*turns: dict[str, Any]) -> str:
        return world.start(*turns, saying("done"), kind="session", tools=["get_order", "ask_warehouse"])

    return start


def ending(world, run_id: str) -> tuple[str, list[tuple[str, int]]]:
    """Give a run's status, and the outcome and the number of attempts of each call."""
    run = world.run(run_id)
    return run["status"], [(call["outcome"], call["attempts"]) for call in run["calls"]]


def answers(world) -> list[int]:
    """Give the status of each answer to results, in order."""
    return [entry["status"] for entry in world.simulator.journal(kind="request", path="/events")]


def results_taken(world) -> list[str]:
    """Give the orders whose results the session has taken, in order."""
    entries = world.simulator.journal(kind="request", path="/events")
    events = [event for entry in entries if entry["status"] == 202 for event in entry["request"]["events"]]
    return [json.loads(event["output"])["order_id"] for event in events]


@pytest.mark.parametrize("turn", [ONE, TWO], ids=["one call", "two calls"])
def test_a_result_that_comes_too_early_is_sent_again_a_moment_later(world, start, turn):
    world.simulator.faults(seed=1, api={"unknown_pending_call": 1})
    run_id = start(turn)

    world.run_to_end(run_id)

    status, calls = ending(world, run_id)
    assert (status, set(calls)) == ("completed", {("succeeded", 1)})
    assert answers(world) == [400] * len(calls) + [202]
    assert len(results_taken(world)) == len(calls)


def test_a_result_that_is_never_expected_fails_the_run_with_the_providers_words(world, start):
    unknown = {"error": {"code": "invalid_request_error", "message": "Unknown pending tool call: call_1"}}
    world.wire.interceptor = lambda request: (
        Answer(400, unknown) if "tool_result" in str(request.body) else None
    )
    run_id = start(ONE)

    world.run_to_end(run_id)

    assert ending(world, run_id) == ("failed", [("succeeded", 1)])
    assert world.run(run_id)["error"]["message"].endswith("Unknown pending tool call: call_1")
    assert world.simulator.resources()[0]["turns"][0]["status"] == "cancelled"


def test_what_a_session_asked_before_and_shows_still_is_not_run_again(world, start):
    world.simulator.faults(seed=1, api={"stale_required_action": 1})
    run_id = start(ONE, calling(("get_order", {"order_id": "A-2"})))

    world.run_to_end(run_id)

    stale = [each for each in world.simulator.journal() if each.get("fault") == "stale_required_action"]
    assert ending(world, run_id) == ("completed", [("succeeded", 1)] * 2)
    assert results_taken(world) == ["A-1", "A-2"]
    assert stale


def test_results_that_were_accepted_and_got_lost_are_sent_again_as_they_were(world, start):
    accepted = answering_once(world, "POST...events", ACCEPTED)
    run_id = start(TWO)

    world.run_to_end(run_id)

    assert ending(world, run_id) == ("completed", [("succeeded", 1)] * 2)
    assert sorted(results_taken(world)) == ["A-1", "A-2"]
    [lost], [taken] = accepted, world.simulator.journal(kind="request", path="/events")
    assert lost.body == taken["request"]


def test_results_whose_answer_was_lost_are_not_sent_again_when_the_session_has_them(world, start):
    answering_once(world, "POST...events", Fault.LOSE_REPLY)
    run_id = start(ONE)

    world.run_to_end(run_id)

    assert ending(world, run_id) == ("completed", [("succeeded", 1)])
    assert answers(world) == [202]


def test_of_two_results_only_the_one_that_is_still_asked_for_is_sent_again(world, start):
    run_id = start(calling(("get_order", {"order_id": "A-1"}), ("ask_warehouse", {"question": "?"})))
    world.step_until(lambda: "succeeded" in dict(ending(world, run_id)[1]))
    lookup, question = sorted(world.run(run_id)["calls"], key=lambda call: call["executor"], reverse=True)
    [session] = world.simulator.resources()
    [turn] = session["turns"]
    known = {"type": "agent.session.input.tool_result", "turn_id": turn["id"], "success": True}
    event = {**known, "call_id": lookup["call_id"], "output": lookup["output"]}
    world.ask_openai(f"/agents/sessions/{session['id']}/events", {"events": [event]})

    world.request("POST", f"/runs/{run_id}/calls/{question['call_id']}/output", {"output": "yes"})
    world.run_to_end(run_id)

    sent = world.simulator.journal(kind="request", path="/events")[1:]
    ids = [[each["call_id"] for each in entry["request"]["events"]] for entry in sent]
    assert world.run(run_id)["status"] == "completed"
    assert [entry["status"] for entry in sent] == [400, 202]
    assert (set(ids[0]), ids[1]) == ({lookup["call_id"], question["call_id"]}, [question["call_id"]])


@pytest.mark.parametrize("operation", ["POST...sessions", "POST...events", "GET...turns"])
def test_a_conversation_that_is_locked_is_tried_again(world, start, operation):
    refusals = answering_once(world, operation, LOCKED, LOCKED)
    run_id = start(ONE)

    world.run_to_end(run_id)

    assert len(refusals) == 2
    assert ending(world, run_id) == ("completed", [("succeeded", 1)])
    assert len(world.simulator.resources()) == 1


def test_a_session_whose_creates_answer_was_lost_is_the_runs_own(world, start):
    answering_once(world, "POST...sessions", Fault.LOSE_REPLY)
    run_id = start(ONE)

    world.run_to_end(run_id)
    world.settle()

    assert ending(world, run_id) == ("completed", [("succeeded", 1)])
    assert len(world.simulator.resources()) == 1


def test_a_session_of_which_no_webhook_tells_is_found_by_its_metadata(world, start):
    world.simulator.faults(webhooks={"drop": 1})
    answering_once(world, "POST...sessions", Fault.LOSE_REPLY)
    run_id = start(ONE)

    world.run_to_end(run_id)

    assert ending(world, run_id) == ("completed", [("succeeded", 1)])
    assert len(world.simulator.resources()) == 1


def test_a_session_that_an_older_version_began_is_found_by_its_marks_of_then(world, start):
    def begin(create: Request, run_id: str) -> None:
        old_marks = {"run_id": run_id, "turn": "1", "scenario": create.body["metadata"]["scenario"]}
        world.ask_openai("/agents/sessions", {**create.body, "metadata": old_marks})

    in_the_place_of_the_create(world, begin)
    run_id = start(ONE)

    world.run_to_end(run_id)

    assert ending(world, run_id) == ("completed", [("succeeded", 1)])
    assert len(world.simulator.resources()) == 1


def test_a_session_whose_caller_names_another_run_is_not_taken_for_that_runs_own(world, start):
    def begin(create: Request, run_id: str) -> None:
        words = {"run_id": run_id, "turn": "1", "runrelay_run_id": "run_of_theirs", "runrelay_turn": "1"}
        world.ask_openai("/agents/sessions", {**create.body, "metadata": words})

    in_the_place_of_the_create(world, begin)
    run_id = start(ONE)

    world.run_to_end(run_id)

    assert ending(world, run_id) == ("completed", [("succeeded", 1)])
    assert len(world.simulator.resources()) == 2
    assert [entry["type"] for entry in world.timeline(run_id) if "orphan" in entry["type"]] == []


def in_the_place_of_the_create(world, begin: Callable[[Request, str], None]) -> None:
    """Have something else begun at the provider when a run's first create is lost, and tell nobody."""
    world.simulator.faults(webhooks={"drop": 1})
    begun: list[Request] = []

    def intercept(request: Request) -> Fault | None:
        if begun or request.operation != "POST /v1/agents/sessions":
            return None
        begun.append(request)
        begin(request, request.body["metadata"]["runrelay_run_id"])
        return Fault.LOSE_REQUEST

    world.wire.interceptor = intercept


def test_without_any_webhook_a_session_still_ends_and_what_mattered_is_counted(world, start):
    before = counted(world, "WebhookRecovered")
    world.simulator.faults(webhooks={"drop": 1})
    run_id = start(ONE)

    world.run_to_end(run_id)

    assert ending(world, run_id) == ("completed", [("succeeded", 1)])
    assert counted(world, "WebhookRecovered") - before == 2
    assert world.costs().openai_requests <= 8


def test_what_was_seen_before_a_run_went_on_is_not_taken_for_its_next_turn(world, start):
    """The index does not know the session yet, so it is read first, and then the run that it names."""
    run_id = start(ONE)
    world.step_until(lambda: told(world, "agent.session.action_required"))
    [message] = told(world, "agent.session.action_required")
    is_index = is_read("Query", "ProviderIndex")
    is_run = is_read("GetItem", "'sk': {'S': 'run'}")
    nothing = Answer(200, {"Items": [], "Count": 0, "ScannedCount": 0})

    def others_go_on() -> None:
        world.step_until(lambda: world.run(run_id)["turn"] == 2)

    waits = at_first(is_run, others_go_on)
    not_known = at_first(is_index, lambda: nothing)
    world.wire.interceptor = lambda request: not_known(request) or waits(request)
    world.deliver(message)
    world.run_to_end(run_id)

    assert [(call["turn"], call["outcome"]) for call in world.run(run_id)["calls"]] == [(1, "succeeded")]
    assert results_taken(world) == ["A-1"]


def told(world, event_type: str) -> list[Any]:
    """Give the messages on the run queue that tell of an event."""
    return [each for each in world.run_queue.visible if event_type in each.body]


def is_read(operation: str, what: str) -> Callable[[Request], bool]:
    return lambda request: request.operation == operation and what in str(request.body)

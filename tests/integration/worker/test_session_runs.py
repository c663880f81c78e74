"""Runs of kind `session`: how they end, and what stops them."""

from typing import Any

import pytest

from tests.harness.scenario import ENDLESS, calling, failing, saying
from tests.harness.wire import Answer, Request, at_first
from tests.integration.worker.traffic import answering_once, posted

NO_TURNS = Answer(200, {"object": "list", "data": [], "has_more": False})
LOOKING_UP = calling(("get_order", {"order_id": "A-1"}), text="Let me look.")
ASKING_PEOPLE = calling(("ask_warehouse", {"question": "Is it there?"}))
CUT_SHORT = saying("cut", incomplete="max_output_tokens")
OUT_OF_TOKENS = "The model reached its output token limit before finishing the response."
ALL_LOST = {"seconds": 0, "fail": {"code": "internal_error", "message": "All is lost.", "session": True}}


@pytest.fixture
def start(world):
    def start(*turns: dict[str, Any], **wanted: Any) -> str:
        return world.start(*turns, kind="session", tools=["get_order", "ask_warehouse"], **wanted)

    return start


def turns_of_session(world) -> list[dict[str, Any]]:
    [session] = world.simulator.resources()
    return session["turns"]


def is_waiting(world, run_id: str) -> bool:
    return world.run(run_id)["status"] == "requires_action"


def ends_run(request: Request) -> bool:
    is_of_run = request.operation == "UpdateItem" and request.body["Key"]["sk"]["S"] == "run"
    return is_of_run and ":ended_at" in request.body["ExpressionAttributeValues"]


# -- how it ends ----------------------------------------------------------------------------------


def test_a_run_ends_with_what_the_agent_said_last_and_keeps_its_turn(world, start):
    run_id = start(LOOKING_UP, saying("It is paid."))

    world.run_to_end(run_id)

    run, [turn] = world.run(run_id), turns_of_session(world)
    result = run["result"]
    assert (run["status"], run["error"], run["turn"]) == ("completed", None, 2)
    assert (result["output_text"], result["object"]["id"]) == ("It is paid.", turn["id"])
    assert run["usage"] == result["object"]["usage"]
    assert run["usage"]["total_tokens"] > 0


@pytest.mark.parametrize(
    ("turn", "error"),
    [
        (failing("sandbox_error", "It fell over."), ("sandbox_error", "It fell over.")),
        (CUT_SHORT, ("max_output_tokens", OUT_OF_TOKENS)),
        (ALL_LOST, ("session_failed", "All is lost.")),
    ],
    ids=["the turn failed", "the turn was cut short", "the session failed"],
)
@pytest.mark.parametrize("before", [(), (LOOKING_UP,)], ids=["at once", "after a call"])
def test_what_fails_at_the_provider_fails_the_run_in_its_words(world, start, turn, error, before):
    run_id = start(*before, turn)

    world.run_to_end(run_id)

    run = world.run(run_id)
    assert (run["status"], run["error"]) == ("failed", dict(zip(("code", "message"), error, strict=True)))
    assert [call["outcome"] for call in run["calls"]] == ["succeeded"] * len(before)


def test_a_turn_that_somebody_else_cancels_ends_the_run_and_its_calls_wait_no_longer(world, start):
    run_id = start(ASKING_PEOPLE)
    world.step_until(lambda: is_waiting(world, run_id))
    [session] = world.simulator.resources()

    cancel = {"events": [{"type": "agent.session.input.cancel"}]}
    before: list[str] = []
    world.wire.interceptor = at_first(
        ends_run, lambda: before.extend(call["outcome"] for call in world.run(run_id)["calls"])
    )
    world.ask_openai(f"/agents/sessions/{session['id']}/events", cancel)
    world.run_to_end(run_id)

    run = world.run(run_id)
    assert before == ["denied"]
    assert (run["status"], run["error"]["code"]) == ("cancelled", "cancelled")
    assert [(call["outcome"], call["error"]["code"]) for call in run["calls"]] == [("denied", "run_over")]


def test_turns_of_subagents_are_not_the_runs(world, start):
    run_id = start(saying("done", subagents=3))

    world.run_to_end(run_id)

    [root] = [turn for turn in turns_of_session(world) if turn["subagent_id"] is None]
    result = world.run(run_id)["result"]
    assert (result["object"]["id"], result["output_text"]) == (root["id"], "done")


def test_an_idle_session_whose_turn_has_not_begun_is_no_ending(world, start):
    looks = answering_once(world, "GET...turns", NO_TURNS)
    run_id = start(saying("done"))

    world.step_until(lambda: bool(looks))
    looked_at = world.run(run_id)
    world.run_to_end(run_id)

    assert (looked_at["status"], looked_at["result"]) == ("in_progress", None)
    assert world.run(run_id)["result"]["output_text"] == "done"


def test_an_idle_session_whose_turn_is_at_work_is_no_ending(world, start):
    a_turn = {"id": "turn_1", "subagent_id": None, "status": "in_progress"}
    looks = answering_once(world, "GET...turns", Answer(200, {"data": [a_turn], "has_more": False}))
    run_id = start(saying("done"))

    world.step_until(lambda: bool(looks))
    looked_at = world.run(run_id)
    world.run_to_end(run_id)

    assert looked_at["status"] == "in_progress"
    assert world.run(run_id)["result"]["output_text"] == "done"


# -- what stops it --------------------------------------------------------------------------------


def test_a_cancelled_run_stops_the_turn_at_the_provider(world, start):
    world.patience_seconds = 0.3
    run_id = start(ENDLESS)
    world.step_until(lambda: world.run(run_id)["status"] == "in_progress")

    world.request("POST", f"/runs/{run_id}/cancel")
    world.run_to_end(run_id)

    assert world.run(run_id)["status"] == "cancelled"
    assert [turn["status"] for turn in turns_of_session(world)] == ["cancelled"]


def test_a_run_that_waits_for_people_is_cancelled_at_the_provider_too(world, start):
    run_id = start(ASKING_PEOPLE, saying("never said"))
    world.step_until(lambda: is_waiting(world, run_id))

    world.request("POST", f"/runs/{run_id}/cancel")
    world.run_to_end(run_id)

    run = world.run(run_id)
    assert (run["status"], [call["outcome"] for call in run["calls"]]) == ("cancelled", ["denied"])
    assert [turn["status"] for turn in turns_of_session(world)] == ["cancelled"]
    assert posted(world, "/events") == [{"events": [{"type": "agent.session.input.cancel"}]}]


def test_a_cancel_that_was_acknowledged_holds_though_its_turn_had_ended(world, start):
    run_id = start(saying("done"))
    world.deliver(*world.run_queue.visible)
    while not any(turn["completed_at"] for turn in turns_of_session(world)):
        pass

    world.request("POST", f"/runs/{run_id}/cancel")
    world.run_to_end(run_id)

    run = world.run(run_id)
    assert (run["status"], run["result"]["output_text"]) == ("cancelled", "done")


@pytest.mark.parametrize("turn", [ENDLESS, ASKING_PEOPLE], ids=["at work", "waiting for people"])
def test_a_run_past_its_deadline_expires_and_is_stopped_at_the_provider(world, start, turn):
    world.patience_seconds = 0.3
    run_id = start(turn, saying("never said"), deadline_seconds=600)

    world.run_to_end(run_id)

    run = world.run(run_id)
    assert (run["status"], run["error"]["code"]) == ("expired", "deadline")
    assert [turn["status"] for turn in turns_of_session(world)] == ["cancelled"]

"""Runs of kind `thread`: every status of a run on a thread, and what stops it."""

import json
from typing import Any

import pytest

from tests.harness.scenario import ENDLESS, calling, failing, saying
from tests.harness.wire import Answer, Fault
from tests.integration.worker.traffic import answering_once, posted

LOOKING_UP = calling(("get_order", {"order_id": "A-1"}), ("get_order", {"order_id": "A-2"}))
ORDER = ("get_order", {"order_id": "A-1"})
ASKING_PEOPLE = calling(("ask_warehouse", {"question": "Is it there?"}))
CUT_SHORT = saying("cut", incomplete="max_output_tokens")
LOOK = "GET /v1/threads/..."


@pytest.fixture
def start(world):
    def start(*turns: dict[str, Any], **wanted: Any) -> str:
        return world.start(*turns, kind="thread", tools=["get_order", "ask_warehouse"], **wanted)

    return start


def the_run(world) -> dict[str, Any]:
    """Give the one run at the provider."""
    [run] = world.simulator.resources()
    return run


def is_waiting(world, run_id: str) -> bool:
    return world.run(run_id)["status"] == "requires_action"


def cancel_behind_our_back(world) -> None:
    run = the_run(world)
    world.ask_openai(f"/threads/{run['thread_id']}/runs/{run['id']}/cancel", {})


def statuses_seen(world) -> set[str]:
    looks = (
        each for each in world.simulator.journal(kind="request", path="/runs/run_") if each["method"] == "GET"
    )
    return {look["response"]["status"] for look in looks}


# -- how it ends ----------------------------------------------------------------------------------


def test_a_run_is_queued_works_asks_and_ends_with_what_the_assistant_said_last(world, start):
    world.patience_seconds = 0
    run_id = start(
        {**LOOKING_UP, "text": "Let me look.", "seconds": 0.5}, saying("Both are paid.", seconds=0.5)
    )
    while not world.is_over(run_id):
        world.step()

    run = world.run(run_id)
    assert (run["status"], run["error"], run["turn"]) == ("completed", None, 2)
    assert run["result"]["output_text"] == "Both are paid."
    assert run["result"]["object"]["id"] == the_run(world)["id"]
    assert run["usage"] == run["result"]["object"]["usage"]
    assert statuses_seen(world) >= {"in_progress", "requires_action", "completed"}


@pytest.mark.parametrize("status", ["queued", "in_progress", "cancelling", "a_word_of_tomorrow"])
def test_a_run_that_is_not_over_is_waited_for(world, start, status):
    looks = answering_once(world, LOOK, *[Answer(200, {"id": "run_1", "status": status})] * 3)
    run_id = start(saying("done"))

    world.step_until(lambda: len(looks) == 3)
    waiting = world.run(run_id)
    world.run_to_end(run_id)

    assert (waiting["status"], waiting["result"]) == ("in_progress", None)
    assert world.run(run_id)["result"]["output_text"] == "done"


@pytest.mark.parametrize(
    ("turn", "status", "error"),
    [
        (failing("rate_limit_exceeded", "Too much."), "failed", ("rate_limit_exceeded", "Too much.")),
        (CUT_SHORT, "incomplete", ("max_completion_tokens", "The run was cut short.")),
        ({"expired": True}, "expired", ("expired", "The provider's run expired.")),
    ],
    ids=["failed", "incomplete", "expired"],
)
def test_a_run_that_ends_badly_says_why_and_keeps_the_providers_object(world, start, turn, status, error):
    run_id = start(turn)

    world.run_to_end(run_id)

    run = world.run(run_id)
    looks = world.simulator.journal(kind="request", path=f"/runs/{the_run(world)['id']}")
    assert (run["status"], tuple(run["error"].values())) == (status, error)
    assert run["result"]["object"] == looks[-1]["response"]
    assert run["result"]["object"].keys() >= {"last_error", "incomplete_details", "expires_at"}


def test_when_a_run_expired_is_kept_as_the_provider_says_it(world, start):
    expired = {"id": "run_1", "status": "expired", "expires_at": 1795161600}
    answering_once(world, LOOK, Answer(200, expired))
    run_id = start(saying("never read"))

    world.run_to_end(run_id)

    run = world.run(run_id)
    assert (run["status"], run["result"]["object"]) == ("expired", expired)


def test_a_run_that_somebody_else_cancels_ends_cancelled(world, start):
    world.patience_seconds = 0.3
    run_id = start(ENDLESS)
    world.step_until(lambda: world.run(run_id)["status"] == "in_progress")

    cancel_behind_our_back(world)
    world.run_to_end(run_id)

    run = world.run(run_id)
    told = run["status"], run["error"]["code"], run["result"]["object"]["status"]
    assert told == ("cancelled", "cancelled", "cancelled")


def test_a_run_that_expired_while_people_were_asked_is_expired_when_they_answer(world, start):
    run_id = start({**ASKING_PEOPLE, "expires_in": 1})
    world.step_until(lambda: is_waiting(world, run_id))
    [call] = world.run(run_id)["calls"]
    while the_run(world)["status"] != "expired":
        pass

    world.request("POST", f"/runs/{run_id}/calls/{call['call_id']}/output", {"output": "yes"})
    world.run_to_end(run_id)

    run = world.run(run_id)
    assert (run["status"], run["error"]["code"]) == ("expired", "expired")
    assert [call["outcome"] for call in run["calls"]] == ["succeeded"]


def test_a_required_action_of_a_new_type_fails_the_run_by_name_and_stops_it(world, start):
    asked = {"id": "run_1", "status": "requires_action", "required_action": {"type": "retina_scan"}}
    answering_once(world, LOOK, Answer(200, asked))
    run_id = start(ENDLESS)

    world.run_to_end(run_id)

    run = world.run(run_id)
    assert (run["status"], run["error"]["code"]) == ("failed", "unanswerable_output")
    assert "retina_scan" in run["error"]["message"]
    assert the_run(world)["status"] in ("cancelling", "cancelled")


# -- outputs, and answers that were lost ----------------------------------------------------------


def test_all_outputs_of_a_turn_are_submitted_at_once(world, start):
    run_id = start(LOOKING_UP, LOOKING_UP, saying("done"))

    world.run_to_end(run_id)

    submitted = [body["tool_outputs"] for body in posted(world, "/submit_tool_outputs")]
    orders = [{json.loads(each["output"])["order_id"] for each in outputs} for outputs in submitted]
    assert orders == [{"A-1", "A-2"}] * 2
    assert world.run(run_id)["turn"] == 3


@pytest.mark.parametrize("operation", ["POST...submit_tool_outputs", "POST...runs", "POST...threads"])
@pytest.mark.parametrize(
    "fault", [Fault.LOSE_REPLY, Fault.LOSE_REQUEST, Answer(500)], ids=["reply", "request", "500"]
)
def test_a_request_whose_answer_was_lost_is_made_again_and_nothing_is_done_twice(
    world, start, operation, fault
):
    answering_once(world, operation, fault)
    run_id = start(LOOKING_UP, saying("done"))

    world.run_to_end(run_id)

    run = world.run(run_id)
    assert (run["status"], run["result"]["output_text"]) == ("completed", "done")
    assert [call["attempts"] for call in run["calls"]] == [1, 1]
    assert the_run(world)["status"] == "completed"


def test_outputs_whose_answer_was_lost_are_not_refused_though_the_run_asks_for_more_by_now(world, start):
    answering_once(world, "POST...submit_tool_outputs", Fault.LOSE_REPLY)
    run_id = start(calling(ORDER), calling(ORDER), saying("done"))

    world.run_to_end(run_id)

    run = world.run(run_id)
    assert (run["status"], run["result"]["output_text"]) == ("completed", "done")
    assert [call["attempts"] for call in run["calls"]] == [1, 1]


def test_a_run_on_a_thread_that_exists_makes_no_other(world):
    thread = world.ask_openai("/threads", {"messages": [{"role": "user", "content": "hi"}]})
    assistant = world.ask_openai("/assistants", {"model": "m"})
    request = {"assistant_id": assistant["id"], "thread_id": thread["id"]}
    run_id = world.start(saying("done"), kind="thread", request=request)

    world.run_to_end(run_id)

    assert world.run(run_id)["status"] == "completed"
    assert the_run(world)["thread_id"] == thread["id"]
    assert len(posted(world, "/threads")) == 1


# -- what stops it --------------------------------------------------------------------------------


@pytest.mark.parametrize("turn", [ENDLESS, ASKING_PEOPLE], ids=["at work", "waiting for people"])
def test_a_cancelled_run_is_cancelling_until_the_provider_has_cancelled_it(world, start, turn):
    world.patience_seconds = 0.3
    run_id = start(turn)
    world.step_until(
        lambda: bool(turn is ENDLESS or is_waiting(world, run_id)) and world.run(run_id)["turn"] == 1
    )

    cancelled_at = world.clock.time()
    world.request("POST", f"/runs/{run_id}/cancel")
    world.step_until(lambda: world.run(run_id)["status"] != "in_progress")
    world.run_to_end(run_id)

    run = world.run(run_id)
    assert (run["status"], the_run(world)["status"]) == ("cancelled", "cancelled")
    assert world.clock.time() - cancelled_at < 20, "it is polled as often as a turn that has just begun"
    assert {call["outcome"] for call in run["calls"]} <= {"denied"}
    assert "cancelling" in statuses_seen(world)


def test_a_cancel_that_was_acknowledged_holds_though_its_turn_had_ended(world, start):
    run_id = start(saying("done"))
    world.deliver(*world.run_queue.visible)
    while the_run(world)["status"] != "completed":
        pass

    world.request("POST", f"/runs/{run_id}/cancel")
    world.run_to_end(run_id)

    run = world.run(run_id)
    assert (run["status"], run["result"]["output_text"]) == ("cancelled", "done")


@pytest.mark.parametrize("turn", [ENDLESS, ASKING_PEOPLE], ids=["at work", "waiting for people"])
def test_a_run_past_its_deadline_expires_and_is_stopped_at_the_provider(world, start, turn):
    world.patience_seconds = 0.3
    run_id = start(turn, deadline_seconds=120)

    world.run_to_end(run_id)

    run = world.run(run_id)
    assert (run["status"], run["error"]["code"]) == ("expired", "deadline")
    assert the_run(world)["status"] in ("cancelling", "cancelled")

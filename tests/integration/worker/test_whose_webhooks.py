"""Whose a webhook is, and what is asked and noted for it."""

import json
from itertools import pairwise
from typing import Any

import pytest

from tests.harness.scenario import ENDLESS, calling, saying
from tests.harness.wire import Answer, Fault, Request, at_first
from tests.harness.world import World
from tests.integration.worker.test_announced_ends import ends
from tests.integration.worker.traffic import announced, receive

OTHERS = {
    "response": ("/responses", {"model": "gpt-6-astra", "input": "hello", "background": True}),
    "agent.session": (
        "/agents/sessions",
        {"agent": {"model": "gpt-6-astra"}, "environment": {"type": "none"}, "input": "hello"},
    ),
}
"""What another app in the project may begin."""


def asked_at(world: World, answer: Answer | None = None) -> list[float]:
    """Note when OpenAI is asked for something from now on, and perhaps answer in its place."""
    moments: list[float] = []

    def intercept(request: Request) -> Answer | None:
        if request.service != "openai":
            return None
        moments.append(world.clock.time())
        return answer

    world.wire.interceptor = intercept
    return moments


def relayed(world: World, about: str) -> list[str | None]:
    """Give the runs that webhooks about something were relayed with."""
    told = announced(world, "Webhook Relayed")
    return [each["run_id"] for each in told if each["event"]["data"]["id"] == about]


def noted(world: World, run_id: str) -> list[Any]:
    return [each["event_type"] for each in world.timeline(run_id) if each["type"] == "webhook_received"]


@pytest.mark.parametrize(
    ("event_type", "at_once", "wait", "in_the_end"),
    [
        ("response.completed", 1, 0, 1),
        ("agent.session.failed", 1, 0, 1),
        ("agent.session.idle", 0, 2, 1),  # its run's record may just be written
        ("agent.session.created", 0, 0, 0),
        ("agent.session.in_progress", 0, 0, 0),
        ("batch.completed", 0, 0, 0),
    ],
)
def test_what_is_no_runs_and_may_have_ended_is_looked_at_once(
    world: World, event_type, at_once, wait, in_the_end
):
    world.simulator.faults(seed=1, webhooks={"drop": 1.0})
    path, body = OTHERS["agent.session" if event_type.startswith("agent") else "response"]
    at_work = {"metadata": {"scenario": world.simulator.put_scenario([ENDLESS])}}
    other = world.ask_openai(path, body | at_work)["id"]
    moments = asked_at(world)
    receive(world, event_type, other)

    world.deliver(*world.run_queue.visible)
    asked, waits = len(moments), world.run_queue.seconds_until_next() or 0
    world.settle()

    assert (asked, round(waits), len(moments)) == (at_once, wait, in_the_end)
    assert relayed(world, other) == [None]


@pytest.mark.parametrize(
    ("headers", "waits"), [({}, [5, 10, 20, 40, 80, 160, 320, 640]), ({"retry-after": "60"}, [60] * 8)]
)
def test_an_openai_that_is_down_is_asked_again_eight_times(world: World, headers, waits):
    moments = asked_at(world, Answer(503, {}, headers))

    receive(world, "response.completed", "other_1")
    world.settle()

    waited = [later - earlier for earlier, later in pairwise(moments)]
    assert waited == pytest.approx(waits, abs=2)
    assert relayed(world, "other_1") == [None]


KEY = {"message": "No.", "type": "invalid_request_error", "code": "invalid_api_key"}
UNKNOWN = {"message": "No such thing.", "type": "invalid_request_error", "code": None}


@pytest.mark.parametrize("event_type", ["response.completed", "agent.session.action_required"])
@pytest.mark.parametrize(
    ("answer", "waits"),
    [
        (Answer(404, {"error": UNKNOWN}), [5, 10, 20, 40, 80]),
        (Answer(401, {"error": KEY}), [5, 10, 20, 40, 80, 160, 320, 640]),
        (Answer(400, {"error": UNKNOWN}), []),
    ],
    ids=lambda each: getattr(each, "status", len(each) if isinstance(each, list) else each),
)
def test_an_openai_that_does_not_say_whose_it_is_is_asked_again(world: World, event_type, answer, waits):
    moments = asked_at(world, answer)

    receive(world, event_type, "other_1")
    world.settle()

    waited = [later - earlier for earlier, later in pairwise(moments)]
    assert waited == pytest.approx(waits, abs=2)
    assert relayed(world, "other_1") == [None]


def test_a_webhook_that_cannot_be_relayed_at_first_is_asked_about_by_one_chain_of_messages(world: World):
    until = world.clock.time() + 100
    asked: list[Request] = []

    def intercept(request: Request) -> Answer | None:
        if request.service == "openai":
            asked.append(request)
            return Answer(404, {"error": UNKNOWN})
        is_down = request.operation == "PutEvents" and world.clock.time() < until
        return Answer(500) if is_down else None

    world.wire.interceptor = intercept
    receive(world, "response.completed", "other_1")
    world.settle()

    receives_in_vain = 3
    assert relayed(world, "other_1") == [None]
    assert len(asked) == receives_in_vain + 6


@pytest.mark.parametrize("answer", [Answer(404, {"error": UNKNOWN}), Answer(401, {"error": KEY})], ids=str)
def test_a_turn_whose_answer_was_lost_is_found_though_openai_does_not_know_it_for_25_s(world: World, answer):
    until = world.clock.time() + 25
    lost = at_first(lambda request: request.operation == "POST /v1/responses", lambda: Fault.LOSE_REPLY)
    world.wire.interceptor = lambda request: (
        answer
        if request.operation.startswith("GET /v1/responses/") and world.clock.time() < until
        else lost(request)
    )

    run_id = world.start(saying("done"))
    world.run_to_end(run_id)
    world.settle()

    assert world.run(run_id)["status"] == "completed"
    assert len(world.simulator.resources()) == 1


@pytest.mark.parametrize("turn", ["1", "2"])
@pytest.mark.parametrize("is_over", [False, True], ids=["open", "over"])
@pytest.mark.parametrize("kind", ["response", "session"])
def test_another_apps_resource_that_names_a_run_in_its_own_words_is_left_alone(world, kind, is_over, turn):
    """`run_id` and `turn` were our marks once; every other word is the caller's, and other apps' too."""
    world.patience_seconds = 0.3
    run_id = world.start(saying("done") if is_over else ENDLESS, kind=kind)
    world.step_until(lambda: world.run(run_id)["status"] == ("completed" if is_over else "in_progress"))
    path, body = OTHERS["agent.session" if kind == "session" else "response"]
    words = {"scenario": world.simulator.put_scenario([ENDLESS]), "run_id": run_id, "turn": turn}

    other = world.ask_openai(path, {**body, "metadata": words})["id"]
    receive(world, f"{'agent.session' if kind == 'session' else 'response'}.turned_blue", other)
    for _ in range(12):
        world.step()

    [resource] = [each for each in world.simulator.resources() if each["id"] == other]
    assert (resource.get("turns") or [resource])[0]["status"] == "in_progress"
    assert "orphan_cancelled" not in [each["type"] for each in world.timeline(run_id)]


LONG = ["x" * 200_000, "\u00e9" * 35_000]


@pytest.mark.parametrize("word", LONG, ids=lambda word: f"{word[0]!a}")
def test_a_webhook_with_a_type_of_any_length_is_noted_and_relayed(world: World, word):
    run_id = world.start(ENDLESS)
    world.step_until(lambda: world.run(run_id)["status"] == "in_progress")
    provider_id = world.run(run_id)["provider_id"]

    receive(world, f"response.{word}", provider_id)
    world.deliver(*world.run_queue.visible)

    assert noted(world, run_id) == [f"response.{word}"[:200]]
    assert relayed(world, provider_id)[-1] == run_id
    assert world.run_queue.visible == []


@pytest.mark.parametrize("word", ["x" * 250_000, "\u00e9" * 42_000], ids=lambda word: f"{word[0]!a}")
def test_of_a_webhook_that_eventbridge_has_no_room_for_its_type_is_relayed(world: World, word):
    receive(world, f"batch.{word}", "other_1")
    world.deliver(*world.run_queue.visible)

    [told] = announced(world, "Webhook Relayed")
    event = {"id": told["event"]["id"], "type": f"batch.{word}"[:200], "data": {}, "data_left_out": True}
    assert told["event"] == event
    assert world.run_queue.visible == []


@pytest.mark.parametrize("mark", ["runrelay_run_id", "runrelay_turn"])
def test_what_has_only_one_of_the_marks_is_no_runs(world: World, mark):
    run_id = world.start(ENDLESS)
    world.step_until(lambda: world.run(run_id)["status"] == "in_progress")
    marks = {"runrelay_run_id": run_id, "runrelay_turn": "1"}
    body = {"model": "gpt-6-astra", "input": "hello", "background": True, "metadata": {mark: marks[mark]}}

    other = world.ask_openai("/responses", body)["id"]
    world.step_until(lambda: bool(relayed(world, other)))

    assert relayed(world, other) == [None]
    assert world.run(run_id)["status"] == "in_progress"


@pytest.mark.parametrize(
    ("event_type", "kind"),
    [
        ("agent.session.in_progress", "session"),
        ("response.turned_blue", "response"),
        ("safety.alert.created", "response"),
    ],
)
def test_a_runs_webhook_that_moves_nothing_is_relayed_with_the_run_and_noted(world: World, event_type, kind):
    world.patience_seconds = 0.3
    run_id = world.start(ENDLESS, kind=kind)
    world.step_until(lambda: world.run(run_id)["status"] == "in_progress")
    provider_id = world.run(run_id)["provider_id"]
    before = noted(world, run_id)

    receive(world, event_type, provider_id)
    world.deliver(*world.run_queue.visible)

    assert relayed(world, provider_id)[-1] == run_id
    assert noted(world, run_id) == [*before, event_type]


def test_a_runs_webhook_that_tells_of_its_end_is_not_noted_beside_it_and_ends_it_once(world: World):
    run_id = world.start(saying("done"))
    world.run_to_end(run_id)

    receive(world, "response.completed", world.run(run_id)["provider_id"])
    world.settle()

    assert (noted(world, run_id), len(ends(world))) == ([], 1)


def test_a_session_that_says_again_what_it_waits_for_has_its_calls_as_they_were(world: World):
    question = calling(("ask_warehouse", {"question": "Is it there?"}))
    run_id = world.start(question, saying("done"), kind="session", tools=["ask_warehouse"])
    world.step_until(lambda: world.run(run_id)["status"] == "requires_action")
    before = world.run(run_id)

    receive(world, "agent.session.action_required", before["provider_id"])
    world.deliver(*world.run_queue.visible)

    assert world.run(run_id) == before


def test_a_webhook_of_another_stacks_run_is_relayed_as_nobodys(world: World):
    """Two environments may share an OpenAI project; each hears of the other's runs."""
    marks = {"runrelay_run_id": "run_01HZZZZZZZZZZZZZZZZZZZZZZZ", "runrelay_turn": "1"}
    body = {"model": "gpt-6-astra", "input": "hello", "background": True, "metadata": marks}

    other = world.ask_openai("/responses", body)["id"]
    world.step_until(lambda: bool(relayed(world, other)))
    world.settle()

    assert relayed(world, other) == [None]


def test_every_event_names_its_stack_as_its_resource_and_in_its_detail(world: World):
    world.run_to_end(world.start(saying("done")))

    puts = [each.request.body for each in world.wire.exchanges if each.request.operation == "PutEvents"]
    entries = [entry for put in puts for entry in put["Entries"]]

    named = {
        (entry["DetailType"], *entry["Resources"], json.loads(entry["Detail"])["stack"]) for entry in entries
    }
    assert named == {(each, "runrelay", "runrelay") for each in ("Run Status Changed", "Webhook Relayed")}

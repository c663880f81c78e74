"""Whose a webhook is, and what is asked and noted for it."""

from itertools import pairwise
from typing import Any

import pytest

from tests.harness.scenario import ENDLESS, calling, saying
from tests.harness.wire import Answer, Request
from tests.harness.world import World
from tests.integration.worker.test_announced_ends import ends, receive
from tests.integration.worker.traffic import announced


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
def test_openai_is_asked_once_about_what_is_no_runs_and_may_have_ended(
    world: World, event_type, at_once, wait, in_the_end
):
    moments = asked_at(world)
    receive(world, event_type, "other_1")

    world.deliver(*world.run_queue.visible)
    asked, waits = len(moments), world.run_queue.seconds_until_next() or 0
    world.settle()

    assert (asked, round(waits), len(moments)) == (at_once, wait, in_the_end)
    assert relayed(world, "other_1") == [None]


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

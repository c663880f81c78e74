"""An exception of ours, whatever it is and wherever it is raised, ends a run with a word and hangs none."""

from itertools import count

import pytest
from contracts.status import KINDS

from functions.worker.calls import Calls
from functions.worker.orphans import Orphans
from functions.worker.providers.responses import Responses
from functions.worker.providers.sessions import Sessions
from functions.worker.providers.threads import Threads
from functions.worker.run_store import RunStore
from functions.worker.turns import Turns
from tests.harness.scenario import ENDLESS, calling, saying
from tests.harness.world import World
from tests.integration.worker.traffic import announced, receive

pytestmark = pytest.mark.drawn_by_kind

ADAPTERS = {"response": Responses, "session": Sessions, "thread": Threads}
TWENTY_MINUTES = 1200
"""Five receives, which wait 5, 25, 125 and 625 s in between."""


def make_a_mistake(*_args: object, **_named: object):
    raise RuntimeError("a mistake of ours")


def end_of(world: World, run_id: str) -> tuple[str, str]:
    began_at = world.clock.time()
    world.run_to_end(run_id)
    assert world.clock.time() - began_at < TWENTY_MINUTES
    run = world.run(run_id)
    return run["status"], run["error"]["code"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("turn", [1, 2])
def test_a_mistake_each_time_a_turn_is_submitted_ends_the_run(world: World, monkeypatch, kind, turn):
    adapter = ADAPTERS[kind]
    submit = adapter.submit

    def submit_the_other(self, submission):
        return make_a_mistake() if submission.turn == turn else submit(self, submission)

    monkeypatch.setattr(adapter, "submit", submit_the_other)
    get = calling(("get_order", {"order_id": "A-1"}))
    run_id = world.start(get, saying("done"), kind=kind, tools=["get_order"])

    assert end_of(world, run_id) == ("failed", "internal_error")
    world.settle()
    assert world.run_queue.dead_letters == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_mistake_each_time_a_turn_was_accepted_ends_the_run(world: World, monkeypatch, kind):
    world.simulator.faults(seed=1, webhooks={"drop": 1.0})
    world.patience_seconds = 0.1
    monkeypatch.setattr(Turns, "_accepted", make_a_mistake)
    run_id = world.start(ENDLESS, kind=kind)

    assert end_of(world, run_id) == ("failed", "internal_error")


@pytest.mark.parametrize("kind", KINDS)
def test_a_mistake_that_passes_costs_no_run(world: World, monkeypatch, kind):
    adapter = ADAPTERS[kind]
    submit, numbers = adapter.submit, count(1)

    def submit_at_last(self, submission):
        return submit(self, submission) if next(numbers) == 4 else make_a_mistake()

    monkeypatch.setattr(adapter, "submit", submit_at_last)
    run_id = world.start(saying("done"), kind=kind)

    world.run_to_end(run_id)

    assert world.run(run_id)["status"] == "completed"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("method", ["cancel", "find"])
def test_a_mistake_in_stopping_a_turn_keeps_no_run_from_its_end(world: World, monkeypatch, kind, method):
    world.patience_seconds = 0.1
    run_id = world.start(ENDLESS, kind=kind, deadline_seconds=60)
    world.step_until(lambda: world.run(run_id)["status"] == "in_progress")
    monkeypatch.setattr(ADAPTERS[kind], method, make_a_mistake)

    assert end_of(world, run_id) == ("expired", "deadline")


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_that_nothing_has_begun_of_is_given_up_without_asking_the_provider(world, monkeypatch, kind):
    monkeypatch.setattr(ADAPTERS[kind], "submit", make_a_mistake)
    run_id = world.start(saying("done"), kind=kind)

    world.run_to_end(run_id)
    world.settle()

    asked = [entry["path"] for entry in world.simulator.journal(kind="request")]
    assert [path for path in asked if path.endswith(("/cancel", "/events"))] == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_mistake_ends_a_run_as_cancelled_whose_cancel_was_acknowledged(world: World, monkeypatch, kind):
    run_id = world.start(ENDLESS, kind=kind)
    world.step_until(lambda: world.run(run_id)["status"] == "in_progress")
    monkeypatch.setattr(Turns, "look", make_a_mistake)
    assert world.request("POST", f"/runs/{run_id}/cancel")["statusCode"] == 202

    assert end_of(world, run_id) == ("cancelled", "cancelled")
    assert world.request("POST", f"/runs/{run_id}/cancel")["statusCode"] == 202


CLOSING = [
    *((Calls, method) for method in ("withdraw", "close")),
    *((RunStore, method) for method in ("calls", "close_call")),
    *((Orphans, method) for method in ("stop_turn", "disown_others", "stop")),
]


@pytest.mark.parametrize("kind", ["response", "session"])
@pytest.mark.parametrize("end", ["cancelled", "expired"])
@pytest.mark.parametrize("place", CLOSING, ids=lambda place: f"{place[0].__name__}.{place[1]}")
def test_a_mistake_in_closing_calls_keeps_no_run_from_its_end(world, monkeypatch, kind, end, place):
    world.patience_seconds = 0.1
    question = calling(("ask_warehouse", {"question": "?"}))
    run_id = world.start(question, saying("x"), kind=kind, tools=["ask_warehouse"], deadline_seconds=600)
    world.step_until(lambda: world.run(run_id)["status"] == "requires_action")
    monkeypatch.setattr(*place, make_a_mistake)
    if end == "cancelled":
        assert world.request("POST", f"/runs/{run_id}/cancel")["statusCode"] == 202
    else:
        world.clock.skip(600)
        world.sweep()

    assert end_of(world, run_id)[0] == end
    assert world.run_queue.dead_letters == []


def test_a_response_of_which_a_mistake_kept_us_is_stopped_and_on_the_timeline(world: World, monkeypatch):
    world.patience_seconds = 0.1
    world.simulator.faults(seed=1, webhooks={"drop": 1.0})
    accept, numbers = Turns._accepted, count(1)

    def accept_at_last(self, *accepted):
        return accept(self, *accepted) if next(numbers) == 3 else make_a_mistake()

    monkeypatch.setattr(Turns, "_accepted", accept_at_last)
    run_id = world.start(ENDLESS)
    world.step_until(lambda: world.run(run_id)["status"] == "in_progress")

    statuses = [each["status"] for each in world.simulator.resources()]
    events = [each["type"] for each in world.timeline(run_id)]
    assert (sorted(statuses), events.count("orphan_cancelled")) == (["cancelled"] * 2 + ["in_progress"], 2)


def test_a_webhook_whose_look_is_given_up_is_relayed(world: World, monkeypatch):
    run_id = world.start(ENDLESS)
    world.step_until(lambda: world.run(run_id)["status"] == "in_progress")
    provider_id = world.run(run_id)["provider_id"]
    monkeypatch.setattr(Turns, "look", make_a_mistake)

    receive(world, "response.completed", provider_id)
    world.run_to_end(run_id)
    world.settle()

    told = [(each["run_id"], each["event"]["type"]) for each in announced(world, "Webhook Relayed")]
    assert (run_id, "response.completed") in told

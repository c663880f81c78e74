"""Under total webhook loss a run stands still for at most its check schedule's longest gap plus one sweep.

Here every webhook is dropped, and every check but the sweeper's is lost too. The harness's clock measures.
"""

import time
from collections.abc import Callable
from datetime import datetime
from itertools import pairwise

import pytest

from tests.harness.queues import content
from tests.harness.scenario import ENDLESS, calling, saying
from tests.harness.world import World
from tests.soak.standstill import Configuration

KINDS = ["response", "session", "thread"]
DEPLOYED = Configuration.deployed({})
GET = ("get_order", {"order_id": "A-1"})


class Sweeps:
    """A system in which only the schedule of the sweeper ever brings a run back."""

    def __init__(self, world: World, *, patience_seconds: float = 5) -> None:
        self._world = world
        self._patience_seconds = patience_seconds
        self._interval = DEPLOYED.sweep_minutes * 60
        self._next = world.clock.time() + self._interval
        world.simulator.faults(webhooks={"drop": 1})

    def until(self, is_enough: Callable[[], bool]) -> None:
        """Sweep, and do what comes of it."""
        for _ in range(100):
            self._do_all()
            if is_enough():
                return
            self._world.clock.skip(self._next - self._world.clock.time())
            self._next += self._interval
            self._world.sweep()
        raise AssertionError("it was not enough after a hundred sweeps")

    def _do_all(self) -> None:
        world = self._world
        while batch := world.run_queue.visible[:10] or world.tool_queue.visible[:1]:
            world.deliver(*batch)
            self._lose_checks()
            self._wait_for_model()

    def _lose_checks(self) -> None:
        queue = self._world.run_queue
        for message in queue.messages:
            if content(message).get("reason") == "check":
                queue.receive([message])
                queue.delete(message)

    def _wait_for_model(self) -> None:
        """Wait, in real time, until the model has done what it will."""
        give_up_at = time.monotonic() + self._patience_seconds
        while self._world.simulator.awaited() and time.monotonic() < give_up_at:
            time.sleep(0.01)


def longest_stand_still(world: World, run_id: str) -> float:
    """Measure the longest time in which nothing happened to a run."""
    moments = [datetime.fromisoformat(event["at"]) for event in world.timeline(run_id)]
    return max((later - earlier).total_seconds() for earlier, later in pairwise(moments))


def looked(world: World) -> int:
    return len([each for each in world.simulator.journal(kind="request") if each["method"] == "GET"])


def end_turn(world: World, kind: str, provider_id: str) -> None:
    """Have the provider end a turn, of which nobody tells us."""
    match kind:
        case "response":
            world.ask_openai(f"/responses/{provider_id}/cancel", {})
        case "session":
            events = [{"type": "agent.session.input.cancel"}]
            world.ask_openai(f"/agents/sessions/{provider_id}/events", {"events": events})
        case _:
            thread_id, _, run_id = provider_id.partition("/")
            world.ask_openai(f"/threads/{thread_id}/runs/{run_id}/cancel", {})
    while not turn_is_cancelled(world):
        time.sleep(0.01)


def turn_is_cancelled(world: World) -> bool:
    (resource,) = world.simulator.resources()
    return "cancelled" in {resource["status"], *(turn["status"] for turn in resource.get("turns", ()))}


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_that_only_sweeps_move_never_stands_still_for_longer_than_the_bound(world, kind):
    sweeps = Sweeps(world)
    run_id = world.start(calling(GET), saying("done"), kind=kind, tools=["get_order"])

    sweeps.until(lambda: world.is_over(run_id))

    assert world.run(run_id)["result"]["output_text"] == "done"
    assert longest_stand_still(world, run_id) <= DEPLOYED.bound(kind).seconds


@pytest.mark.parametrize("kind", KINDS)
def test_a_turn_that_ends_just_after_the_rarest_look_is_seen_to_have_ended_within_the_bound(world, kind):
    sweeps = Sweeps(world, patience_seconds=0.2)
    run_id = world.start(ENDLESS, kind=kind)
    sweeps.until(lambda: looked(world) >= 8)
    end_turn(world, kind, world.timeline(run_id)[-1]["provider_id"])
    ended_at = world.clock.time()

    sweeps.until(lambda: world.is_over(run_id))

    stood_still = world.clock.time() - ended_at
    bound = DEPLOYED.bound(kind)
    assert world.run(run_id)["status"] == "cancelled"
    assert bound.longest_gap < stood_still <= bound.seconds


def test_the_bound_follows_from_the_template_and_its_parameters():
    short = {"CheckFirstSeconds": "2", "CheckCapSeconds": "8", "SweepMinutes": "1"}

    assert {kind: DEPLOYED.bound(kind).seconds for kind in KINDS} == {  # type: ignore[arg-type]
        "response": 900 + 15 + 300 + 1,
        "session": 900 + 15 + 300 + 1,
        "thread": 60 + 15 + 300 + 1,
    }
    assert Configuration.deployed(short).bound("response").seconds == 8 + 15 + 60 + 1
    assert Configuration.deployed({"Delivery": "poll"}).bound("session").seconds == 60 + 15 + 300 + 1

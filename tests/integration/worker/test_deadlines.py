"""A run ends at its deadline, and not at the first look after it."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from contracts.status import KINDS

from tests.harness.scenario import ENDLESS, calling, saying
from tests.harness.wire import Answer, Request

PROMPTLY = timedelta(seconds=6)
"""A second of rounding, and the clock skew for which a check may be early and come again."""

QUESTION = ("ask_warehouse", {"question": "Is it there?"})
BUSY = Answer(429, {"error": {"message": "slow down", "code": "rate_limit_exceeded"}}, {"retry-after": "60"})


def go_on(world) -> bool:
    """Do the next thing, and wait for nothing that the provider may have to say."""
    return world.take_webhook() or world._deliver_batch() or world._let_time_pass()


def overtime(world, run_id: str) -> timedelta:
    run = world.run(run_id)
    assert (run["status"], run["error"]["code"]) == ("expired", "deadline")
    return moment(run["ended_at"]) - moment(run["deadline"])


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize("deadline_seconds", [10, 100, 1000])
@pytest.mark.parametrize("kind", KINDS)
def test_a_turn_at_work_is_stopped_at_the_deadline(world, kind, deadline_seconds):
    run_id = world.start(ENDLESS, kind=kind, deadline_seconds=deadline_seconds)

    while not world.is_over(run_id):
        assert go_on(world)

    assert timedelta(0) <= overtime(world, run_id) < PROMPTLY


@pytest.mark.parametrize("deadline_seconds", [10, 100])
@pytest.mark.parametrize("kind", KINDS)
def test_an_output_that_nobody_gives_is_waited_for_until_the_deadline(world, kind, deadline_seconds):
    turns = calling(QUESTION), saying("done")
    run_id = world.start(*turns, kind=kind, tools=["ask_warehouse"], deadline_seconds=deadline_seconds)

    while not world.is_over(run_id):
        assert go_on(world)

    assert timedelta(0) <= overtime(world, run_id) < PROMPTLY


@pytest.mark.parametrize("kind", KINDS)
def test_a_provider_that_is_busy_is_waited_for_until_the_deadline(world, kind):
    run_id = world.start(saying("done"), kind=kind, deadline_seconds=100)
    world.step_until(lambda: world.run(run_id)["status"] == "in_progress")
    world.wire.interceptor = busy

    while not world.is_over(run_id):
        assert go_on(world)

    assert timedelta(0) <= overtime(world, run_id) < PROMPTLY


def busy(request: Request) -> Answer | None:
    return BUSY if request.service == "openai" else None


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_turn_that_could_not_be_stopped_at_the_deadline_is_stopped_later(world, kind, status):
    """A resource may not be known for half a minute, and a key be refused; the turn works on meanwhile."""
    world.patience_seconds = 0.1
    run_id = world.start(ENDLESS, kind=kind, deadline_seconds=10)
    world.step_until(lambda: world.run(run_id)["status"] == "in_progress")
    until = world.clock.time() + 33
    words = {"error": {"message": "No.", "type": "invalid_request_error", "code": None}}
    world.wire.interceptor = lambda request: (
        Answer(status, words)
        if request.operation.startswith("POST ") and world.clock.time() < until
        else None
    )

    world.run_to_end(run_id)
    world.settle()

    assert world.run(run_id)["status"] == "expired"
    assert "turn_not_cancelled" in [each["type"] for each in world.timeline(run_id)]
    [resource] = world.simulator.resources()
    assert (resource.get("turns") or [resource])[0]["status"] == "cancelled"


def test_a_turn_that_cannot_be_stopped_is_stopped_again_six_times_ever_more_rarely(world):
    run_id = world.start(ENDLESS, deadline_seconds=10)
    world.step_until(lambda: world.run(run_id)["status"] == "in_progress")
    moments: list[float] = []

    def refuse(request: Request) -> Answer | None:
        if not request.operation.endswith("/cancel"):
            return None
        moments.append(world.clock.time())
        return Answer(503)

    world.wire.interceptor = refuse
    world.run_to_end(run_id)
    world.settle()

    waits = [later - earlier for earlier, later in pairwise(moments)]
    assert waits == pytest.approx([60, 120, 240, 480, 900, 900], abs=5)

"""A provider that is slow: nothing is lost by it, nothing comes back for want of time, and every run ends.

Nine seconds are within what a worker waits for; twenty are not: then OpenAI does what it is asked, and nobody
hears of it. One worker handles one message after another here, so that all others wait for it.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from contracts.status import KINDS

from tests.harness.scenario import ENDLESS, calling, saying
from tests.harness.wire import Fault, Request
from tests.interleavings.quick_tools import tools_run_here
from tests.schedules.clockwork import HOST
from tests.schedules.scenarios import ORDER
from tests.schedules.small_world import SmallWorld, small_world

RUNS, SAMPLE = 30, 10
CANCELS = 60
MOST_STEPS = 20_000
PATIENCE_SECONDS = 10
"""How long the worker waits for an answer."""
SCENARIOS = {
    "no calls": [saying("done")],
    "one call": [calling(ORDER), saying("done")],
    "two turns of calls": [calling(ORDER), calling(ORDER), saying("done")],
}


@pytest.fixture
def runs(is_exhaustive) -> int:
    return RUNS if is_exhaustive else SAMPLE


@pytest.fixture
def slow(socket_enabled) -> Iterator[SmallWorld]:
    """A small world in which a function's time passes with the world's, and tools take none."""
    with small_world(SampleShopUrl=f"http://{HOST}") as world, tools_run_here():
        for function in world._here.functions.values():
            function._seconds = world.clock.time
        world.run_queue.batch_size = 1
        yield world


def answer_slowly(world: SmallWorld, seconds: float) -> None:
    """Have each answer of the provider take so long from now on."""

    def intercept(request: Request) -> Fault | None:
        world.aws.on_request()
        if request.service != "openai":
            return None
        world.pass_time(min(seconds, PATIENCE_SECONDS))
        return Fault.LOSE_REPLY if seconds > PATIENCE_SECONDS else None

    world.wire.interceptor = intercept


def settle(world: SmallWorld) -> None:
    """Do whatever there is to do; of so many runs under so slow a provider, that is a lot."""
    for _ in range(MOST_STEPS):
        if not world.step():
            return
    raise AssertionError(f"there was still something to do after {MOST_STEPS} steps")


def dead_letters(world: SmallWorld) -> list[Any]:
    return [*world.run_queue.dead_letters, *world.tool_queue.dead_letters]


def statuses(world: SmallWorld, run_ids: list[str]) -> Counter[str]:
    return Counter(world.run(run_id)["status"] for run_id in run_ids)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", SCENARIOS)
def test_with_nine_seconds_for_each_answer_every_run_completes_and_no_message_comes_back(
    slow, kind, name, runs
):
    slow.reset(webhooks={"drop": 1.0})
    answer_slowly(slow, 9)

    run_ids = [slow.start_kind(kind, *SCENARIOS[name], tools=["get_order"]) for _ in range(runs)]
    settle(slow)

    ended = statuses(slow, run_ids)
    assert ended.total() == ended["completed"] + ended["expired"] == runs
    assert kind == "thread" or not ended["expired"]  # a thread's own run expires after ten minutes
    assert dead_letters(slow) == []
    assert max(message.approximate_receive_count for message in slow.aws.sent) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_with_twenty_seconds_for_each_answer_every_run_ends_and_nothing_is_a_dead_letter(slow, kind, runs):
    answer_slowly(slow, 20)

    run_ids = [
        slow.start_kind(kind, saying("done"), deadline_seconds=1800, tools=["get_order"]) for _ in range(runs)
    ]
    settle(slow)

    assert statuses(slow, run_ids) == {"expired": runs}
    assert dead_letters(slow) == []
    assert max(message.approximate_receive_count for message in slow.aws.sent) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_sixty_cancels_under_a_slow_provider_are_sixty_cancelled_runs(slow, kind):
    run_ids = [slow.start_kind(kind, ENDLESS) for _ in range(CANCELS)]
    while slow._deliver_batch():
        pass
    assert statuses(slow, run_ids) == {"in_progress": CANCELS}
    answer_slowly(slow, 9)

    told = [slow.request("POST", f"/runs/{run_id}/cancel")["statusCode"] for run_id in run_ids]
    settle(slow)

    assert told == [202] * CANCELS
    assert statuses(slow, run_ids) == {"cancelled": CANCELS}
    assert dead_letters(slow) == []


def test_creates_whose_answers_are_lost_for_ten_minutes_are_made_twice_at_most(slow):
    begun_at = slow.clock.time()

    def intercept(request: Request) -> Fault | None:
        slow.aws.on_request()
        if request.service != "openai" or slow.clock.time() > begun_at + 600:
            return None
        slow.pass_time(PATIENCE_SECONDS)
        return Fault.LOSE_REPLY

    slow.wire.interceptor = intercept
    run_ids = [slow.start_kind("response", saying("done", seconds=30)) for _ in range(10)]
    slow.step_until(lambda: slow.clock.time() > begun_at + 600)
    created = Counter(each["metadata"]["runrelay_run_id"] for each in slow.simulator.resources())
    settle(slow)

    assert max(created.values()) <= 2
    assert statuses(slow, run_ids) == {"completed": 10}
    assert dead_letters(slow) == []

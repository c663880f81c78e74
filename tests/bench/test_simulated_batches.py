"""A worker of the simulated stack is handed what waits, and looks at it side by side as a real one does."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from contracts.messages import EARLIER, RunMessage, to_body

from bench.simulated.assembly import simulated_stack
from bench.simulated.held import AtOnce, Held
from bench.simulated.latencies import Latencies
from bench.simulated.stack import AWS, SimulatedStack
from bench.simulated.tally import OPENAI
from tests.harness.scenario import saying

pytestmark = pytest.mark.usefixtures("socket_enabled")

TURNS = [saying("done", seconds=60)]


@contextmanager
def waiting(runs: int, **parameters: str) -> Iterator[SimulatedStack]:
    """Make a stack in which so many runs wait to be begun, and a worker has begun one before."""
    with simulated_stack(Latencies(), **parameters) as stack:
        stack.start(TURNS)
        begin(stack)
        stack.queues["RunQueue"].messages.clear()
        for counted in (stack.invocations, stack.awaited, stack.tally.requests):
            counted.clear()
        stack.busy_seconds["worker"] = stack.polls = 0
        for _ in range(runs):
            stack.start(TURNS)
        yield stack


def begin(stack: SimulatedStack) -> None:
    """Have the runs that wait be begun."""
    runs = [item for item in stack.table.items() if item["sk"]["S"] == "run"]
    stack.run_until(
        lambda: all("provider_id" in stack.table.partition(run["pk"]["S"])["run"] for run in runs)
    )


@pytest.mark.parametrize(("runs", "batches"), [(1, 1), (10, 1), (25, 3)])
def test_what_waits_is_handed_over_ten_at_once(runs: int, batches: int):
    with waiting(runs) as stack:
        begin(stack)

        assert stack.invocations["worker"] == batches
        assert stack.polls == 2 * batches
        assert stack.tally.requests["worker", "openai"] == runs


def test_a_batch_lasts_as_long_as_its_longest_look_and_computes_for_each():
    with waiting(1) as alone:
        begin(alone)
    with waiting(10) as together:
        begin(together)

    for who in (AWS, OPENAI):
        assert together.awaited["worker", who] == alone.awaited["worker", who]
    computes = Latencies().handler
    assert together.busy_seconds["worker"] == pytest.approx(alone.busy_seconds["worker"] + 9 * computes)


def test_a_stack_whose_workers_take_one_record_at_a_time_is_handed_one():
    with waiting(10, RecordsAtOnce="1") as stack:
        begin(stack)

        assert stack.invocations["worker"] == 10
        assert stack.awaited["worker", OPENAI] == 10


def test_messages_about_one_run_go_one_after_another():
    with waiting(2) as stack:
        begin(stack)
        run_id = next(item["pk"]["S"] for item in stack.table.items() if item["sk"]["S"] == "run")
        queue, before = stack.queues["RunQueue"], stack.awaited["worker", AWS]
        queue.messages.clear()
        for _ in range(3):
            queue.send(to_body(RunMessage(run_id, "check")))
        stack.run_until(lambda: not queue.waiting())

        assert stack.invocations["worker"] == 2
        assert (
            stack.awaited["worker", AWS] - before == 3
        )  # a check that comes before its time reads, and ends


def test_one_that_came_back_is_apart_and_another_is_sent_anew_with_its_count():
    with waiting(3) as stack:
        queue = stack.queues["RunQueue"]
        first, second, _ = queue.messages.values()
        first.receives = second.receives = 1
        stack.run_until(lambda: stack.invocations["worker"] == 1)

        anew = [
            each.attributes[EARLIER]["StringValue"] for each in queue.messages.values() if each.attributes
        ]
        assert anew == ["1"]
        assert stack.tally.requests["worker", "openai"] == 2
        assert stack.awaited["worker", OPENAI] == 2
        begin(stack)
        assert stack.tally.requests["worker", "openai"] == 3


def test_a_busy_stack_hands_over_none_before_ten_wait():
    with waiting(9) as stack:
        stack.least_in_batch = 10
        soon = stack.clock.time() + 30
        stack.run_until(lambda: stack.clock.time() > soon)
        assert stack.invocations["worker"] == 0

        stack.start(TURNS)
        begin(stack)
        assert stack.invocations["worker"] == 1


def test_the_longest_of_those_at_once_is_waited_for_and_an_error_is_whose_it_is():
    class Stack:
        held = Held(1.0)

    def look(seconds: float, *, fails: bool = False) -> float:
        stack.held.wait(OPENAI, seconds)
        if fails:
            raise ValueError
        return stack.held.seconds

    stack = Stack()
    with AtOnce(stack) as threads:
        looks = [threads.submit(look, seconds) for seconds in (2.0, 5.0, 3.0)]
        failed = threads.submit(look, 1.0, fails=True)

    assert [each.result() for each in looks] == [3.0, 6.0, 4.0]
    assert isinstance(failed.exception(), ValueError)
    assert (stack.held.seconds, stack.held.answers) == (6.0, {OPENAI: 1})

"""What one run makes happen, counted at the wire: what `runrelay cost` reckons with."""

from collections.abc import Iterator
from contextlib import contextmanager

from bench.simulated.assembly import simulated_stack
from bench.simulated.latencies import Latencies
from bench.simulated.stack import SimulatedStack
from bench.simulated.tally import OPENAI
from bench.workload import TOOL, Job
from runrelay.cost.counts import FUNCTIONS, Counts
from tests.harness.item_sizes import item_size
from tests.interleavings.quick_tools import tools_run_here

SECONDS = 10
"""What the model takes: less than the time of the first check, which comes when the run is over."""


@contextmanager
def counting() -> Iterator[SimulatedStack]:
    """Make a stack whose functions have read their secrets, and know of no trouble."""
    with simulated_stack(Latencies()) as stack, tools_run_here():
        counts_of(stack, Job(0, SECONDS, 1))
        yield stack


def counts_of(stack: SimulatedStack, job: Job, *, weighs: bool = True) -> Counts:
    """Count one run, from its start until no message of it is left.

    Args:
        weighs: Whether to count what stays in the table, for which all of it is looked through.
    """
    before = _counts(stack, weighs=weighs)
    stack.start(job.turns, tools=[TOOL])
    stack.run_until(lambda: not any(queue.messages for queue in stack.queues.values()))
    return _counts(stack, weighs=weighs) - before


def a_run(stack: SimulatedStack) -> Counts:
    """Count a run that calls no tool."""
    return counts_of(stack, Job(0, SECONDS, 0))


def a_call(stack: SimulatedStack) -> Counts:
    """Count what a further turn with one call adds to it."""
    return counts_of(stack, Job(0, SECONDS, 1)) - a_run(stack)


def a_check(stack: SimulatedStack) -> Counts:
    """Count what a check adds that comes while the model is at work."""
    return counts_of(stack, Job(0, 40, 0)) - a_run(stack)


def _counts(stack: SimulatedStack, *, weighs: bool) -> Counts:
    requests, costs = stack.tally.requests, stack.tally.costs
    return Counts(
        http_api_requests=stack.invocations["api"] + stack.invocations["webhook"],
        openai_requests=costs.openai_requests,
        invocations={name: stack.invocations[name] for name in FUNCTIONS},
        aws_requests={
            name: sum(count for (by, to), count in requests.items() if by == name and to != OPENAI)
            for name in FUNCTIONS
        },
        messages=costs.messages_sent,
        write_units=costs.write_units,
        index_write_units=costs.index_write_units,
        read_units=stack.tally.read_units,
        events=stack.tally.events,
        log_bytes=stack.log_bytes,
        stored_bytes=_stored_bytes(stack) if weighs else 0,
    )


def _stored_bytes(stack: SimulatedStack) -> int:
    return sum(map(item_size, stack.table.items())) + stack.table.index_bytes()

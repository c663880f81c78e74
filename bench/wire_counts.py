"""What one run makes happen, counted at the wire: what `runrelay cost` reckons with."""

from collections.abc import Iterator
from contextlib import contextmanager

from bench.simulated.assembly import simulated_stack
from bench.simulated.latencies import Latencies
from bench.simulated.stack import AWS, SimulatedStack
from bench.simulated.tally import OPENAI
from bench.workload import TOOL, Job
from runrelay.cost.counts import FUNCTIONS, Counts
from tests.harness.item_sizes import item_size
from tests.interleavings.quick_tools import tools_run_here

SECONDS = 10
"""What the model takes: less than the time of the first check, which comes when the run is over."""


BUSY_RUNS = 20


@contextmanager
def counting() -> Iterator[SimulatedStack]:
    """Make a stack whose functions have read their secrets, and know of no trouble; nothing else runs."""
    with simulated_stack(Latencies()) as stack, tools_run_here():
        counts_of(stack, Job(0, SECONDS, 1))
        yield stack


@contextmanager
def counting_busy() -> Iterator[SimulatedStack]:
    """Make one that is busy: when a worker takes messages, as many wait as it may take."""
    with counting() as stack:
        stack.least_in_batch = stack.most_in_batch["RunQueue"]
        yield stack


def counts_of(stack: SimulatedStack, job: Job, *, weighs: bool = True) -> Counts:
    """Count a run, from its start until no message of it is left; on a busy stack, one of many at once.

    Args:
        weighs: Whether to count what stays in the table, for which all of it is looked through.
    """
    runs = BUSY_RUNS if stack.least_in_batch > 1 else 1
    before = _counts(stack, weighs=weighs)
    for _ in range(runs):
        stack.start(job.turns, tools=[TOOL])
    stack.run_until(lambda: not any(queue.messages for queue in stack.queues.values()))
    return (_counts(stack, weighs=weighs) - before) * (1 / runs)


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
        openai_beside=costs.openai_requests - stack.awaited["worker", OPENAI],
        aws_beside=sum(n for (by, to), n in requests.items() if by == "worker" and to != OPENAI)
        - stack.awaited["worker", AWS],
        messages=costs.messages_sent,
        sqs_requests=sum(requests[name, "sqs"] for name in FUNCTIONS) + stack.polls,
        write_units=costs.write_units,
        index_write_units=costs.index_write_units,
        read_units=stack.tally.read_units,
        events=stack.tally.events,
        log_bytes=stack.log_bytes,
        stored_bytes=_stored_bytes(stack) if weighs else 0,
    )


def _stored_bytes(stack: SimulatedStack) -> int:
    return sum(map(item_size, stack.table.items())) + stack.table.index_bytes()

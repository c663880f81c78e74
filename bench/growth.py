"""What does one more run cost while so many others are open; and which partition key would throttle first?"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from contracts.records import SWEEP_PARTITIONS

from bench.answers import Answer, Scale, Sheet
from bench.charts import Lines
from bench.crowd import gather
from bench.progress import counted
from bench.simulated.assembly import simulated_stack
from bench.simulated.latencies import Latencies
from bench.simulated.stack import SimulatedStack
from bench.wire_counts import SECONDS, counts_of
from bench.workload import Job
from runrelay.cost.counts import Counts
from runrelay.progress import step
from tests.interleavings.quick_tools import tools_run_here

OPEN_RUNS: Final = (10, 100, 1_000, 10_000, 100_000)
SAMPLE: Final = 20
RUNS_A_SECOND: Final = 1000
UNITS_A_PARTITION: Final = 1000
"""What DynamoDB takes a second for one partition key, at most: no split helps where keys come in order."""


@dataclass(frozen=True)
class Grown:
    """What one more run costs, and one sweep, while so many are open.

    Attributes:
        counts: Of a run without tools.
        worker_milliseconds: Of a processor, here, and with what answers the worker in memory.
        sweep_requests: Of a sweep that finds nothing overdue.
    """

    open_runs: int
    counts: Counts
    with_call: Counts
    worker_milliseconds: float
    sweep_requests: int


def answer(scale: Scale) -> Answer:
    """Measure a few runs among ever more others."""
    steps, sample = OPEN_RUNS[: scale.of(len(OPEN_RUNS), small=2)], scale.of(SAMPLE, small=2)
    grown = [measure(each, sample) for each in steps]
    with step(f"Counting writes by partition key, of {sample} runs"):
        shares = partition_shares(sample)
    first = grown[0]
    return Answer(
        sheets=(_sheet(grown), _partitions(shares)),
        facts={
            "by open runs": {each.open_runs: _facts(each) for each in grown},
            "write units a run, by shared partition key": shares,
            "ceiling in runs a second": UNITS_A_PARTITION / max(shares.values()),
        },
        charts={"growth": _chart(grown)},
        broken=[
            f"a run costs more with {each.open_runs} others: {each.counts} and not {first.counts}"
            for each in grown
            if exact(each) != exact(first)
        ],
    )


def measure(open_runs: int, sample: int) -> Grown:
    """Have a crowd be open, and drive a few runs among it."""
    with simulated_stack(Latencies()) as stack, tools_run_here():
        gather(stack, open_runs, due_in=timedelta(hours=1))
        _count(stack, 1)
        before = stack.processor_seconds["worker"]
        with counted(f"{open_runs} open runs: driving {sample} more", sample) as tell:
            counted_runs = []
            for number in range(sample):
                counted_runs.append(_count(stack, 0))
                tell(number + 1)
        computed = stack.processor_seconds["worker"] - before
        with_call = _count(stack, 1)
        asked = sum(count for (by, _), count in stack.tally.requests.items() if by == "sweeper")
        stack.invoke("sweeper", {})
        swept = sum(count for (by, _), count in stack.tally.requests.items() if by == "sweeper") - asked
        return Grown(open_runs, counted_runs[-1], with_call, computed / sample * 1000, swept)


def _count(stack: SimulatedStack, calls: int) -> Counts:
    return counts_of(stack, Job(0, SECONDS, calls), weighs=False)


def partition_shares(runs: int) -> dict[str, float]:
    """Count the write units that each run adds to each partition key that it shares with others."""
    with simulated_stack(Latencies()) as stack, tools_run_here():
        _count(stack, 0)
        before = Counter(stack.tally.by_partition)
        for _ in range(runs):
            _count(stack, 0)
        return _shared(stack, before, runs)


def _shared(stack: SimulatedStack, before: Counter[tuple[str, str]], runs: int) -> dict[str, float]:
    new = stack.tally.by_partition - before
    shared = {
        f"{where} {key}": units / runs
        for (where, key), units in new.items()
        if (where, key) in before and where != "SweepIndex"
    }
    sweep = sum(units for (where, _), units in new.items() if where == "SweepIndex") / runs
    shared[f"SweepIndex, each of {len(SWEEP_PARTITIONS)} keys"] = sweep / len(SWEEP_PARTITIONS)
    return dict(sorted(shared.items(), key=lambda each: -each[1]))


def exact(grown: Grown) -> tuple[float, ...]:
    """Give what must not grow: all that is counted, but for bytes, which follow the width of numbers."""
    names = ("openai_requests", "messages", "write_units", "index_write_units", "read_units", "events")
    both = grown.counts, grown.with_call
    return grown.sweep_requests, *(getattr(counts, name) for counts in both for name in names)


def _facts(grown: Grown) -> dict[str, Any]:
    return {
        "without tools": vars(grown.counts),
        "with one call": vars(grown.with_call),
        "worker_milliseconds": round(grown.worker_milliseconds, 2),
        "requests of a sweep": grown.sweep_requests,
    }


def _sheet(grown: Sequence[Grown]) -> Sheet:
    rows = [
        (
            f"{each.open_runs:,}",
            f"{each.counts.openai_requests:g} / {each.with_call.openai_requests:g}",
            f"{each.counts.write_units:g} / {each.with_call.write_units:g}",
            f"{each.counts.index_write_units:g} / {each.with_call.index_write_units:g}",
            f"{each.counts.read_units:g} / {each.with_call.read_units:g}",
            f"{each.counts.messages:g} / {each.with_call.messages:g}",
            f"{each.worker_milliseconds / grown[0].worker_milliseconds:.2f} x",
            str(each.sweep_requests),
        )
        for each in grown
    ]
    headings = (
        "open runs, one more: without tools / with one call",
        "OpenAI requests",
        "write units",
        "index write units",
        "read units",
        "messages",
        "worker's processor time",
        "requests of a sweep",
    )
    return Sheet(
        "How cost grows",
        headings,
        rows,
        (
            "the open runs stand in the table as ours do, under ids of their own, and are not driven;",
            "the table is in memory and counts as DynamoDB does; the processor's time holds that too",
        ),
    )


def _partitions(shares: Mapping[str, float]) -> Sheet:
    rows = [
        (
            name,
            f"{units:.2f}",
            f"{units * RUNS_A_SECOND:,.0f}",
            f"{units * RUNS_A_SECOND / UNITS_A_PARTITION:.2f} x",
            f"{UNITS_A_PARTITION / units:,.0f}",
        )
        for name, units in shares.items()
    ]
    first, units = next(iter(shares.items()))
    return Sheet(
        f"Write units by shared partition key, at {RUNS_A_SECOND:,} runs a second of one kind, without tools",
        (
            "",
            "a run",
            "a second",
            f"of {UNITS_A_PARTITION:,} a partition",
            "runs a second until it throttles",
        ),
        rows,
        (
            f"what throttles first: {first}, at {UNITS_A_PARTITION / units:,.0f} runs a second;",
            "a run's own items share no key; an index that throttles throttles its table's writes",
        ),
    )


def _chart(grown: Sequence[Grown]) -> Lines:
    def line(name: str) -> list[tuple[float, float]]:
        return [(each.open_runs, getattr(each.counts, name)) for each in grown]

    lines = {
        "OpenAI requests": line("openai_requests"),
        "write units": line("write_units"),
        "index write units": line("index_write_units"),
        "read units": line("read_units"),
        "messages": line("messages"),
    }
    return Lines("What one more run costs", "open runs", "a run", lines)

"""Every run is overdue, as after an outage: how long until all were looked at, and what is sent twice?"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from bench.answers import Answer, Scale, Sheet
from bench.charts import Lines
from bench.crowd import Knowing, gather
from bench.progress import counted
from bench.simulated.assembly import simulated_stack
from bench.simulated.latencies import Latencies
from bench.simulated.queues import Waiting
from bench.simulated.stack import SimulatedStack

RUNS: Final = 100_000
REAL_LOOKS: Final = 300
SWEEP_SECONDS: Final = 300
GOAL_SECONDS: Final = 900
CONCURRENCIES: Final = (10, 50)
"""The default of `WorkerConcurrency`, and five times that."""


@dataclass(frozen=True)
class Worked:
    """How one backlog was worked off.

    Attributes:
        sent_twice: Checks of a run whose check was on the queue already.
        curve: Seconds, and how many runs had been looked at by then.
    """

    runs: int
    concurrency: int
    seconds: float
    seconds_a_batch: float
    sweeps: Sequence[tuple[float, float, int]]
    sent: int
    sent_twice: int
    requests_of_sweeps: int
    curve: Sequence[tuple[float, float]]


def answer(scale: Scale) -> Answer:
    """Work a backlog off with the default number of workers, and with more."""
    runs, real = scale.of(RUNS, small=40), scale.of(REAL_LOOKS, small=15)
    worked = [work_off(runs, each, real) for each in CONCURRENCIES[: scale.of(2, small=1)]]
    return Answer(
        sheets=(_sheet(worked),),
        facts={f"WorkerConcurrency {each.concurrency}": vars(each) for each in worked},
        charts={
            "backlog": Lines(
                f"{runs:,} overdue runs, looked at",
                "minutes",
                "runs looked at",
                {
                    f"WorkerConcurrency {each.concurrency}": [(at / 60, done) for at, done in each.curve]
                    for each in worked
                },
                is_logarithmic=False,
                has_marks=False,
            )
        },
        broken=[
            f"{each.runs - looked} runs were not looked at"
            for each in worked
            if (looked := each.curve[-1][1]) < runs
        ],
    )


def work_off(runs: int, concurrency: int, real: int) -> Worked:
    """Have a crowd be overdue for an hour, and sweep until each of it was looked at.

    Args:
        real: How many looks the worker really makes; the others take as long as those did on average, and
            leave the run as they left it: over.
    """
    latencies = Latencies()
    with simulated_stack(latencies, WorkerConcurrency=str(concurrency)) as stack:
        with counted(f"Gathering {runs} runs", runs):
            run_ids = gather(stack, runs, due_in=-timedelta(hours=1))
        stack.limiter.stand_before(Knowing(run_ids, status="completed").before)
        began_at = stack.clock.time()
        watch = _Watch(stack, real)
        stack.stand_in = watch.look
        stack.sweep_every(SWEEP_SECONDS)
        with counted(f"WorkerConcurrency {concurrency}: looking at each", runs) as tell:

            def is_enough() -> bool:
                tell(len(watch.looked))
                return len(watch.looked) == runs

            stack.run_until(is_enough)
        sweeps = [(each.at - began_at, each.seconds, each.runs) for each in stack.sweeps]
        return Worked(
            runs=runs,
            concurrency=concurrency,
            seconds=max(watch.looked.values()) - began_at - SWEEP_SECONDS,
            seconds_a_batch=watch.seconds_a_batch,
            sweeps=sweeps,
            sent=sum(swept for _, _, swept in sweeps),
            sent_twice=sum(swept for _, _, swept in sweeps) - runs,
            requests_of_sweeps=sum(
                count for (by, _), count in stack.tally.requests.items() if by == "sweeper"
            ),
            curve=_curve([at - began_at - SWEEP_SECONDS for at in watch.looked.values()]),
        )


class _Watch:
    """Lets the worker look at the first runs, and stands in for it after that."""

    def __init__(self, stack: SimulatedStack, real: int) -> None:
        self._stack, self._real = stack, real
        self.looked: dict[str, float] = {}
        self.seconds_a_batch = 0.0
        self._busy_before, self._batches = stack.busy_seconds["worker"], 0

    def look(self, batch: Sequence[Waiting]) -> float | None:
        """Note when runs are looked at; say how long that takes, or leave it to the worker."""
        run_ids = [json.loads(message.body)["run_id"] for message in batch]
        are_new = not any(run_id in self.looked for run_id in run_ids)
        for run_id in run_ids:
            self.looked.setdefault(run_id, self._stack.clock.time())
        if len(self.looked) <= self._real or not are_new:
            self._batches += 1
            return None
        if not self.seconds_a_batch:
            self.seconds_a_batch = (self._stack.busy_seconds["worker"] - self._busy_before) / self._batches
        for run_id in run_ids:
            item = dict(self._stack.table.partition(run_id)["run"])
            self._stack.table.put(
                {name: value for name, value in item.items() if name not in ("sweep", "due_at")}
            )
        return self.seconds_a_batch


def _curve(looked: Sequence[float]) -> list[tuple[float, float]]:
    """Count, at a hundred moments, how many had been looked at."""
    ordered = sorted(looked)
    step = max(1, len(ordered) // 100)
    return [(round(ordered[at], 3), at + 1) for at in [*range(0, len(ordered), step), len(ordered) - 1]]


def _sheet(worked: Sequence[Worked]) -> Sheet:
    rows = [
        (
            f"WorkerConcurrency {each.concurrency}",
            f"{each.seconds / 60:.1f}",
            f"{each.seconds_a_batch:.3f}",
            str(len(each.sweeps)),
            f"{max(seconds for _, seconds, _ in each.sweeps):.0f}",
            f"{each.requests_of_sweeps:,}",
            f"{each.sent_twice:,}",
        )
        for each in worked
    ]
    headings = (
        f"{worked[0].runs:,} runs overdue at once",
        "minutes until all were looked at",
        "s a batch",
        "sweeps",
        "s the longest took",
        "their requests",
        "checks queued twice",
    )
    return Sheet(
        "Sweeper and backlog",
        headings,
        rows,
        (
            "counted from the first sweep; a sweep each 5 min; simulated time; OpenAI limits nothing: at 500",
            "requests a minute it alone would need 200 min for 100,000 looks",
            f"the sweeper is the real one; the worker makes {REAL_LOOKS} looks, the others take as long",
            f"the goal, 15 minutes with {CONCURRENCIES[0]} workers, is "
            + ("met" if worked[0].seconds <= GOAL_SECONDS else "not met"),
            str(Latencies()),
        ),
    )

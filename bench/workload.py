"""The workload that every way of waiting gets: the same runs at the same moments, drawn from one seed."""

import math
import random
from dataclasses import dataclass
from statistics import median
from typing import Final

from tests.harness.scenario import Turn, calling, saying

MEDIAN_SECONDS: Final = 20
SIGMA: Final = 1.1
"""One run in a thousand would take longer than ten minutes; none does."""

LONGEST_SECONDS: Final = 600
SHORTEST_SECONDS: Final = 0.5
TOOL: Final = "get_order"
ARRIVAL_SECONDS: Final = 0.6
"""Between two starts: a hundred a minute, which with webhooks is 340 requests of the 500 that are allowed."""


@dataclass(frozen=True)
class Job:
    """One run.

    Attributes:
        starts_after: Seconds after the first one.
        seconds: What the model takes, over all turns.
        calls: How many tool calls it makes, one a turn.
    """

    starts_after: float
    seconds: float
    calls: int

    @property
    def turns(self) -> list[Turn]:
        """What the model does, in the simulator's words."""
        each = self.seconds / (self.calls + 1)
        call = calling((TOOL, {"order_id": "A-1"}), seconds=each)
        return [*[call] * self.calls, saying("done", seconds=each)]


def workload(runs: int, seed: int) -> list[Job]:
    """Draw runs: 40 % with one tool call, 10 % with three, one after another."""
    chance = random.Random(seed)
    return [
        Job(
            starts_after=number * ARRIVAL_SECONDS,
            seconds=min(
                max(chance.lognormvariate(math.log(MEDIAN_SECONDS), SIGMA), SHORTEST_SECONDS), LONGEST_SECONDS
            ),
            calls=chance.choices((0, 1, 3), (50, 40, 10))[0],
        )
        for number in range(runs)
    ]


def described(jobs: list[Job]) -> str:
    """Say in words what was drawn."""
    seconds = [job.seconds for job in jobs]
    calls = [sum(job.calls == count for job in jobs) / len(jobs) for count in (1, 3)]
    return (
        f"{len(jobs)} runs, {60 / ARRIVAL_SECONDS:g} started a minute; the model takes "
        f"{median(seconds):.0f} s in the median, {sum(seconds) / len(jobs):.0f} s on average, "
        f"{max(seconds):.0f} s at most; "
        f"{calls[0]:.0%} call one tool, {calls[1]:.0%} three, one after another; simulated time"
    )

"""A month's runs, polled and with Runrelay: requests, rate limit, workers, dollars, and the break-even.

OpenAI documents no price for a retrieve, and none is reckoned here. What polling costs is a share of the
rate limit, the time in which nobody knows, and workers that are held.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import count
from math import ceil
from typing import Any, Final

from runrelay.cost import assumptions as assumed
from runrelay.cost import prices
from runrelay.cost.bill import bill, fixed, total
from runrelay.cost.counts import BUSY, IDLE, Counts, Rates

FIRST_CHECK_SECONDS: Final = 30
LONGEST_PAUSE_SECONDS: Final = 900
"""Between checks; the template's `CheckFirstSeconds` and `CheckCapSeconds`, unless you say otherwise."""

LENGTHS: Final = (5, 15, 30, 60, 120, 300, 600, 1800, 3600)
"""Seconds of a run, for the plot."""

MONTH_SECONDS: Final = 30 * 24 * 3600
MANY: Final = 1_000_000_000_000
"""The most that is reckoned with: of seconds, and of anything else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """A month.

    Attributes:
        seconds: What the model takes for a run, over all its turns.
        turns: Of the model in one run; between two of them a tool is called.
        interval_seconds: Between two requests of a poller.
        runs_a_worker: How many runs one polling worker waits for at once.
        requests_a_minute: What OpenAI allows.
    """

    runs: float = 100_000
    seconds: float = 60
    turns: float = 1
    interval_seconds: float = 1
    runs_a_worker: int = 10
    requests_a_minute: float = 500

    def with_seconds(self, seconds: float) -> "Load":
        return replace(self, seconds=seconds)

    def with_runs(self, runs: float) -> "Load":
        return replace(self, runs=runs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """What one way of waiting comes to.

    Attributes:
        share_of_limit: Of the requests that OpenAI allows, on average over the month; peaks are higher.
        worker_hours: For which something of yours is held: polling workers, or functions at work.
    """

    requests_a_run: float
    requests: float
    share_of_limit: float
    worker_hours: float
    seconds_to_notice: float
    dollars: float


def by_polling(load: Load) -> Month:
    """Reckon a month of polling by containers, of which one at least is always there."""
    looks = max(1, ceil(load.seconds / load.turns / load.interval_seconds))
    asked = load.turns * (1 + looks)
    late = looks * load.interval_seconds - load.seconds / load.turns
    held = load.runs * (load.seconds + load.turns * max(late, 0)) / load.runs_a_worker / 3600
    hours = max(held, assumed.HOURS_A_MONTH)
    dollars = hours * (
        assumed.WORKER_CPUS * prices.CPU_HOUR.dollars + assumed.WORKER_GIGABYTES * prices.MEMORY_HOUR.dollars
    )
    return _month(load, asked, hours, load.interval_seconds / 2 + assumed.OPENAI_SECONDS, dollars)


def by_runrelay(load: Load, rates: Rates = IDLE) -> Month:
    """Reckon a month of Runrelay with webhooks."""
    each = counts_of_run(load, rates)
    counts = each * load.runs
    asked_of_aws = sum(counts.aws_requests.values())
    seconds = (
        (counts.openai_requests - counts.openai_beside) * assumed.OPENAI_SECONDS
        + (asked_of_aws - counts.aws_beside) * assumed.AWS_SECONDS
        + asked_of_aws * assumed.CPU_SECONDS_AN_AWS_REQUEST
    )
    dollars = total(bill(counts)) + total(fixed())
    return _month(load, each.openai_requests, seconds / 3600, SECONDS_TO_NOTICE, dollars)


SECONDS_TO_NOTICE: Final = 0.5
"""The median that `make bench BENCH=requests` finds, with webhooks that OpenAI sends within half a second."""


def counts_of_run(load: Load, rates: Rates = IDLE) -> Counts:
    """Say what one run makes happen."""
    checks = load.turns * checks_in(load.seconds / load.turns)
    return rates.run + rates.call * (load.turns - 1) + rates.check * checks


def checks_in(seconds: float) -> int:
    """Count the checks that come while a turn is at work: after 30 s, after twice as long, and so on."""
    at = 0
    for checks in count():
        at += min(FIRST_CHECK_SECONDS << min(checks, 20), LONGEST_PAUSE_SECONDS)
        if at >= seconds:
            return checks
    raise AssertionError


def _month(load: Load, asked: float, hours: float, late: float, dollars: float) -> Month:
    requests = asked * load.runs
    allowed = load.requests_a_minute * 60 * assumed.HOURS_A_MONTH
    return Month(
        requests_a_run=asked,
        requests=requests,
        share_of_limit=requests / allowed,
        worker_hours=hours,
        seconds_to_notice=late,
        dollars=dollars,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """Both months, and from when on Runrelay costs less; none is never, up to what is reckoned with.

    Attributes:
        runrelay: Its workers are handed each message alone.
        runrelay_busy: Ten at once.
    """

    load: Load
    polling: Month
    runrelay: Month
    runrelay_busy: Month
    breaks_even_at_seconds: float | None
    breaks_even_at_runs: float | None
    dollars_by_seconds: Sequence[tuple[float, float, float]]

    def as_json(self) -> dict[str, Any]:
        """Give it for programs, with what it rests on."""
        return asdict(self) | {
            "prices": {"read_on": prices.READ_ON, "region": prices.REGION},
            "assumptions": assumed.assumptions(),
        }


def estimate(load: Load) -> Estimate:
    """Reckon a month both ways."""
    return Estimate(
        load=load,
        polling=by_polling(load),
        runrelay=by_runrelay(load),
        runrelay_busy=by_runrelay(load, BUSY),
        breaks_even_at_seconds=_least(lambda seconds: _saves(load.with_seconds(seconds)), 1, MONTH_SECONDS),
        breaks_even_at_runs=_least(lambda runs: _saves(load.with_runs(runs)), 1, MANY),
        dollars_by_seconds=[
            (seconds, by_polling(at).dollars, by_runrelay(at).dollars)
            for seconds in LENGTHS
            for at in [load.with_seconds(seconds)]
        ],
    )


def _saves(load: Load) -> bool:
    return by_runrelay(load).dollars <= by_polling(load).dollars


def _least(holds: Callable[[float], bool], least: float, most: float) -> float | None:
    """Find from where on something holds, to a hundredth; it may hold nowhere."""
    if not holds(most):
        return None
    if holds(least):
        return least
    while most / least > 1.01:  # noqa: PLR2004
        middle = (least * most) ** 0.5
        least, most = (least, middle) if holds(middle) else (middle, most)
    return most

"""How many requests does it take to see runs end, and how late are they seen?

The same workload under each way of waiting, in simulated time, against the same simulator.
"""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any, Final

from bench.answers import Answer, Scale, Sheet
from bench.charts import Bars
from bench.polling import Outcome, Polling, poll, unlimited
from bench.relaying import Relaying, relay
from bench.simulated.latencies import Latencies
from bench.workload import Job, described, workload
from functions.worker.core.schedule import CheckSchedule

RUNS: Final = 1000
PER_MINUTE: Final = 500
POLLINGS: Final = (
    Polling("naive loop, every 100 ms", 0.1),
    Polling("every second: the SDK's create_and_poll", 1, uses_helper=True),
    Polling("0.5 s x 1.5 up to 5 s, for at most 60 s", 0.5, 1.5, 5, limit_seconds=60),
    Polling("every 2.5 s", 2.5),
)
USUAL: Final = "Runrelay with webhooks"
LATE: Final = "Runrelay with webhooks, CheckFirstSeconds=900"
AS_BY_DEFAULT: Final = Relaying(USUAL)
RELAYINGS: Final = (
    AS_BY_DEFAULT,
    Relaying(LATE, first_check_seconds=900),
    Relaying("Runrelay, 10 % of webhooks lost", lost=0.1),
    Relaying("Runrelay, all webhooks lost", lost=1.0),
)
CHECK_CAP_SECONDS: Final = 900
"""The template's default of `CheckCapSeconds`."""

OPEN_RUNS: Final = 1000
GOAL_SECONDS: Final = (1, 5)
"""To notice an end beside so many open runs: in the median, and the 99th percentile."""

MOST_LATE_SECONDS: Final = 2
HEADINGS: Final = (
    "",
    "OpenAI requests a run",
    "429s",
    "median s to notice",
    "99th percentile",
    "runs given up",
    "worker-seconds held a run",
)


def answer(scale: Scale) -> Answer:
    """Drive the workload in every way."""
    latencies = Latencies()
    jobs = workload(scale.of(RUNS, small=12), scale.seed)
    free = {each.name: unlimited(each, jobs, latencies) for each in POLLINGS}
    free |= _relayed(jobs, None, latencies, scale.seed)
    limited = {
        each.name: poll(each, jobs, per_minute=PER_MINUTE, latencies=latencies, seed=scale.seed)
        for each in POLLINGS
    }
    limited |= _relayed(jobs, PER_MINUTE, latencies, scale.seed)
    open_runs = scale.of(OPEN_RUNS, small=20)
    beside = relay(
        AS_BY_DEFAULT,
        jobs,
        per_minute=PER_MINUTE,
        latencies=latencies,
        seed=scale.seed,
        open_runs=open_runs,
    )
    notes = (
        described(jobs),
        str(latencies),
        "a poller holds a worker from a run's start to its end, Runrelay its functions while they work",
    )
    return Answer(
        sheets=(
            _sheet("Requests and time to notice, if OpenAI limited nothing", free, notes),
            _sheet(
                f"The same under {PER_MINUTE} requests a minute",
                limited,
                (
                    *notes,
                    "a poller gives up at the first error that the SDK's two retries do not mend",
                    "seconds to notice are of those runs alone whose end was seen",
                ),
            ),
            _among_others(beside, open_runs),
        ),
        facts={
            "unlimited": _facts(free),
            f"{PER_MINUTE} a minute": _facts(limited),
            f"{PER_MINUTE} a minute, beside open runs": {
                "open_runs": open_runs,
                **_facts_of(beside),
                "checks_of_open_runs": beside.for_others,
                "most_requests_in_a_minute": beside.most_a_minute,
                "is_met": _is_met(beside),
            },
        },
        charts={
            "requests": Bars(
                "OpenAI requests a run, unlimited", "requests (logarithmic)", tuple(free),
                {"requests": [each.requests / each.runs for each in free.values()]},
                is_logarithmic=True,
            ),
            "given-up": Bars(
                f"Runs whose end nobody saw, under {PER_MINUTE} requests a minute",
                f"of {len(jobs)} runs",
                tuple(limited),
                {"given up": [each.given_up for each in limited.values()]},
            ),
        },
        broken=tuple(_broken(jobs, free, limited, beside)),
    )  # fmt: skip


def _relayed(
    jobs: Sequence[Job], per_minute: int | None, latencies: Latencies, seed: int
) -> dict[str, Outcome]:
    return {
        each.name: relay(each, jobs, per_minute=per_minute, latencies=latencies, seed=seed)
        for each in RELAYINGS
    }


def _broken(
    jobs: Sequence[Job], free: Mapping[str, Outcome], limited: Mapping[str, Outcome], beside: Outcome
) -> list[str]:
    """Hold what is exact: two requests a turn and its checks, no run given up, no 429 of our making."""
    wrong = []
    exact = {
        f"{each.name}{where}": (each, outcomes[each.name])
        for each in RELAYINGS
        if not each.lost
        for where, outcomes in (("", free), (", limited", limited))
    }
    exact[f"{USUAL}, beside open runs"] = AS_BY_DEFAULT, beside
    for where, (how, outcome) in exact.items():
        least, most = (
            sum(asked_by_runrelay(job, late, how) for job in jobs) for late in (0, MOST_LATE_SECONDS)
        )
        if not least <= outcome.requests <= most:
            wrong.append(f"{where}: {outcome.requests} OpenAI requests, and not {least} to {most}")
        if outcome.refused:
            wrong.append(f"{where}: {outcome.refused} answers were 429")
    given_up = {each.name: limited[each.name].given_up + free[each.name].given_up for each in RELAYINGS}
    given_up["beside open runs"] = beside.given_up
    return wrong + [f"{each}: {count} runs were given up" for each, count in given_up.items() if count]


def asked_by_runrelay(job: Job, late: float, how: Relaying = AS_BY_DEFAULT) -> int:
    """Reckon its requests: a create and a look for each turn, and a check at 30, 90, ... s of a long one.

    Args:
        late: How long after a turn's end a check may still come before its webhook has been seen to.
    """
    schedule = CheckSchedule(how.first_check_seconds, CHECK_CAP_SECONDS)
    return sum(2 + checks_in(turn["seconds"] + late, schedule) for turn in job.turns)


def checks_in(seconds: float, schedule: CheckSchedule) -> int:
    """Count the checks of a turn that is at work for so long, with the schedule's own delays."""
    at, checks = 0.0, 0
    while True:
        at += schedule.delay(checks)
        if at >= seconds:
            return checks
        checks += 1


def _is_met(beside: Outcome) -> bool:
    facts = _facts_of(beside)
    median_seconds, p99_seconds = GOAL_SECONDS
    return bool(
        facts["median_seconds"] < median_seconds
        and facts["p99_seconds"] < p99_seconds
        and not beside.refused
        and not beside.given_up
    )


def _among_others(beside: Outcome, open_runs: int) -> Sheet:
    facts, (median_seconds, p99_seconds) = _facts_of(beside), GOAL_SECONDS
    return Sheet(
        f"Runrelay under {PER_MINUTE} requests a minute, beside {open_runs:,} runs that stay open",
        (
            "median s to notice",
            "99th percentile",
            "429s",
            "runs given up",
            "OpenAI requests in the fullest minute",
            "checks of the open runs",
        ),
        [
            (
                f"{facts['median_seconds']:.2f}",
                f"{facts['p99_seconds']:.2f}",
                str(beside.refused),
                str(beside.given_up),
                str(beside.most_a_minute),
                f"{beside.for_others:,}",
            )
        ],
        (
            f"the goal, a median under {median_seconds} s and a 99th percentile under {p99_seconds} s",
            f"with webhooks, and no 429, is {'met' if _is_met(beside) else 'not met'}",
            "the open runs are long ones: each is checked every 15 minutes, at moments of its own",
        ),
    )


def _sheet(title: str, outcomes: Mapping[str, Outcome], notes: Sequence[str]) -> Sheet:
    return Sheet(title, HEADINGS, [_row(name, outcome) for name, outcome in outcomes.items()], notes)


def _row(name: str, outcome: Outcome) -> tuple[str, ...]:
    facts = _facts_of(outcome)
    return (
        name,
        f"{facts['requests_a_run']:.1f}",
        str(outcome.refused),
        *(f"{facts[each]:.2f}" if outcome.delays else "-" for each in ("median_seconds", "p99_seconds")),
        str(outcome.given_up),
        f"{facts['held_seconds_a_run']:.1f}",
    )


def _facts(outcomes: Mapping[str, Outcome]) -> dict[str, Any]:
    return {name: _facts_of(outcome) for name, outcome in outcomes.items()}


def _facts_of(outcome: Outcome) -> dict[str, Any]:
    return {
        "runs": outcome.runs,
        "requests_a_run": round(outcome.requests / outcome.runs, 3),
        "refused": outcome.refused,
        "median_seconds": round(median(outcome.delays), 3) if outcome.delays else None,
        "p99_seconds": round(percentile(outcome.delays, 0.99), 3) if outcome.delays else None,
        "given_up": outcome.given_up,
        "held_seconds_a_run": round(outcome.held_seconds / outcome.runs, 3),
    }


def percentile(values: Sequence[float], share: float) -> float:
    """Give the least value that so large a share is not above."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]

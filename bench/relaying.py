"""Runrelay under a workload: the real functions, with so many of OpenAI's webhooks lost."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bench.crowd import keep_open
from bench.polling import Outcome
from bench.progress import counted
from bench.simulated.assembly import simulated_stack
from bench.simulated.latencies import Latencies
from bench.simulated.stack import SimulatedStack
from bench.workload import TOOL, Job
from tests.interleavings.quick_tools import tools_run_here

SWEEP_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Relaying:
    """A way to have Runrelay wait.

    Attributes:
        lost: The chance that a webhook is never sent.
        first_check_seconds: `CheckFirstSeconds`, the template's default if nothing is said.
    """

    name: str
    lost: float = 0
    first_check_seconds: int = 30


def relay(  # noqa: PLR0913 - all that a workload meets
    how: Relaying,
    jobs: Sequence[Job],
    *,
    per_minute: int | None,
    latencies: Latencies,
    seed: int,
    open_runs: int = 0,
) -> Outcome:
    """Drive every run of a workload by Runrelay.

    Args:
        open_runs: How many others stay open all the while.
    """
    settings = {"CheckFirstSeconds": str(how.first_check_seconds)}
    with simulated_stack(latencies, per_minute=per_minute, **settings) as stack, tools_run_here():
        faults = {"drop": how.lost, "delay_seconds": list(latencies.webhook)}
        stack.simulator.faults(seed=seed, webhooks=faults)
        crowd = keep_open(stack, open_runs) if open_runs else None
        stack.limiter.forget()
        stack.sweep_every(SWEEP_SECONDS)
        begun_at = stack.clock.time()
        run_ids: list[str] = []
        for job in jobs:
            stack.at(begun_at + job.starts_after, lambda job=job: run_ids.append(_start(stack, job)))  # type: ignore[misc]
        beside = f", beside {open_runs} open runs" if open_runs else ""
        with counted(f"{how.name}{beside}", len(jobs)) as tell:

            def are_over() -> bool:
                tell(len(stack.recorded))
                return len(stack.recorded) == len(jobs)

            stack.run_until(are_over)
        return _outcome(stack, run_ids, for_others=crowd.looks if crowd else 0)


def _start(stack: SimulatedStack, job: Job) -> str:
    return stack.start(job.turns, tools=[TOOL])


def _outcome(stack: SimulatedStack, run_ids: Sequence[str], *, for_others: int) -> Outcome:
    ended = ended_at(stack.simulator.resources())
    delays = [
        recorded.at - ended[run_id]
        for run_id, recorded in stack.recorded.items()
        if recorded.status == "completed"
    ]
    held = sum(stack.busy_seconds.values())
    return Outcome(
        len(run_ids),
        stack.limiter.requests - for_others,
        stack.limiter.refused,
        delays,
        held,
        for_others,
        stack.limiter.most,
    )


def ended_at(resources: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Say when the last turn of each run ended, which is told oldest first."""
    return {each["metadata"]["runrelay_run_id"]: each["ended_at"] for each in resources if each["ended_at"]}

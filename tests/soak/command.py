"""Drive many runs through faults and killed functions on a stack of its own; check that all is there."""

import argparse
import os
import signal
import subprocess
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from runrelay.progress import console, step
from tasks.checkout import LOCAL, ROOT
from tasks.local_stack import LocalStack
from tests.soak import tempo
from tests.soak.clients import Runrelay, Simulator
from tests.soak.conservation import Evidence, violations
from tests.soak.drive import Drive
from tests.soak.letters import dead_letters, wait_until_quiet
from tests.soak.machine import Machine
from tests.soak.plan import planned_runs
from tests.soak.report import Soak, page

WEBHOOK_FAULTS: Final = {
    "drop": 0.1,
    "duplicate": 0.3,
    "delay_seconds": [0, 1],
    "reorder": 0.2,
    "bad_signature": 0.05,
    "double_signature": 0.1,
}
API_FAULTS: Final = {
    "429": 0.01,
    "500": 0.01,
    "503": 0.005,
    "retry_after": 1,
    "lost_answer": 0.02,
    "unknown_pending_call": 0.1,
    "stale_required_action": 0.1,
}
QUIET_SECONDS: Final = 420
"""A record that was set aside comes back by then."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--runs", type=int, default=100, help="how many (default: 100)")
    parser.add_argument("--seed", type=int, default=7, help="chooses everything but the timing (default: 7)")
    parser.add_argument("--concurrency", type=int, default=12, help="runs at a time (default: 12)")
    parser.add_argument("--directory", type=Path, default=LOCAL / "soak", help="where its state lives")
    parser.add_argument("--report", type=Path, help="where the report goes (default: soak.md beside it)")


def run(arguments: argparse.Namespace) -> int:
    local_stack = LocalStack(arguments.directory, parameters=tempo.PARAMETERS)
    try:
        soak = soaked(local_stack, arguments.runs, arguments.seed, concurrency=arguments.concurrency)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    finally:
        with step("Stopping the local stack"):
            local_stack.stop()
    report = arguments.report or arguments.directory / "soak.md"
    report.write_text(page(soak))
    _conclude(soak, report)
    return 1 if soak.violations else 0


def soaked(local_stack: LocalStack, runs: int, seed: int, *, concurrency: int) -> Soak:
    """Start the stack, drive the runs, and look at everything when all is quiet."""
    stack = local_stack.start()
    tempo.quicken(stack)
    with closing(Runrelay(stack)) as runrelay, closing(Simulator(stack)) as simulator:
        drive = Drive(stack, runrelay, simulator, concurrency)
        with Machine(stack.api_url, stack.api_headers) as machine:
            return _soaked(drive, local_stack, machine, runs, seed)


def _soaked(drive: Drive, local_stack: LocalStack, machine: Machine, runs: int, seed: int) -> Soak:
    stack, simulator = drive.stack, drive.simulator
    began_at, began, revision = datetime.now(UTC), time.monotonic(), _revision()
    faults = {"seed": seed, "webhooks": WEBHOOK_FAULTS, "api": API_FAULTS}
    simulator.make_assistant()
    simulator.put_faults(faults)
    _drive(drive, runs, seed)
    seconds = time.monotonic() - began
    with step("Waiting until nothing is under way"):
        left = wait_until_quiet(stack, patience_seconds=QUIET_SECONDS)
        drive.read_timelines()
    letters = dead_letters(stack, drive.runs)
    evidence = Evidence(drive.runs, simulator.ledger(), letters, left, tempo.allowed(), machine.lost_seconds)
    return Soak(
        command=f"make soak RUNS={runs} SEED={seed}",
        seed=seed,
        began_at=began_at,
        seconds=seconds,
        revision=revision,
        drive=drive,
        evidence=evidence,
        journal=simulator.journal(),
        lost_seconds=sum(beat.late_seconds for beat in machine.beats),
        faults=faults,
        bounds=tempo.bounds(),
        lease_seconds=tempo.LONGEST_LEASE_SECONDS,
        deaths=_deaths(local_stack),
        violations=tuple(violations(evidence)),
    )


def _drive(drive: Drive, runs: int, seed: int) -> None:
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(f"Runs ended, seed {seed}", total=runs)
        told = 0

        def tell(ended: int) -> None:
            nonlocal told
            progress.update(task, completed=ended)
            if not console.is_terminal and ended - told >= max(1, runs // 10):
                told = ended
                console.print(f"{ended} of {runs} runs ended, {drive.kills.total()} processes killed")

        drive.all(planned_runs(runs, seed), tell=tell)


def _conclude(soak: Soak, report: Path) -> None:
    for words in soak.violations[:10]:
        console.print(f"✗ {words}", style="red", markup=False, soft_wrap=True)
    for kind, bound in soak.bounds.items():
        console.print(f"{kind}: stands still for at most {bound}", soft_wrap=True)
    said = "Everything held" if not soak.violations else f"{len(soak.violations)} violations"
    console.print(f"{said}; the report is {report}", soft_wrap=True)


def _deaths(local_stack: LocalStack) -> int:
    """Count the invocations whose process was killed while it was at work."""
    log = (local_stack.logs / "ministack.log").read_text(errors="replace")
    return log.count("errorMessage=Worker process died")


def _revision() -> str:
    command = ["git", "describe", "--always", "--dirty"]
    said = subprocess.run(command, cwd=ROOT, env=os.environ, capture_output=True, text=True, check=False)
    return said.stdout.strip() or "unknown"

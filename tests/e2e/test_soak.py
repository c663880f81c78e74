"""Ten runs through faults and killed functions; `make soak` does the same with as many as one likes."""

from pathlib import Path

from tasks.local_stack import LocalStack
from tests.soak import tempo
from tests.soak.command import soaked
from tests.soak.report import page

RUNS, SEED = 10, 7


def test_of_ten_disturbed_runs_none_is_lost_none_acts_twice_and_none_is_stuck(tmp_path: Path):
    local_stack = LocalStack(tmp_path, parameters=tempo.PARAMETERS)
    try:
        soak = soaked(local_stack, RUNS, SEED, concurrency=RUNS)
    finally:
        local_stack.stop()

    assert list(soak.violations) == [], page(soak)
    assert len(soak.drive.runs) == RUNS
    assert soak.drive.kills.total() > 0
    assert soak.drive.forged.total() > 0

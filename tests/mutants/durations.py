"""A plugin of pytest: it writes down how many seconds each test took that passed."""

import json
import os
from collections import defaultdict
from pathlib import Path

import pytest

DURATIONS_FILE = "MUTANTS_DURATIONS"
"""The environment variable that says where to."""

_seconds: dict[str, float] = defaultdict(float)
_failed: set[str] = set()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    _seconds[report.nodeid] += report.duration
    if not report.passed:
        _failed.add(report.nodeid)


def pytest_sessionfinish() -> None:
    passed = {test: round(seconds, 3) for test, seconds in _seconds.items() if test not in _failed}
    Path(os.environ[DURATIONS_FILE]).write_text(json.dumps(passed))

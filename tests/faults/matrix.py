"""The fault matrix, as the results of tests have it: one line a row."""

from collections import Counter
from collections.abc import Iterable, Iterator

import pytest

from tests.faults.rows import ELSEWHERE, FAULTS, LEFT_OUT

type Results = dict[str, dict[str, list[str]]]
"""Row -> test -> the results of its cases."""


def results(reports: Iterable[pytest.TestReport]) -> Results:
    """Sort what came of the tests that prove a row; nothing if none of this folder was run."""
    rows: Results = {}
    is_asked_for = False
    for report in reports:
        if report.when != "call" and report.passed:
            continue
        test = report.nodeid.partition("[")[0]
        own = [str(value) for name, value in report.user_properties if name == "row"]
        is_asked_for = is_asked_for or bool(own)
        for each in own or [name for name, tests in ELSEWHERE.items() if test in tests]:
            rows.setdefault(each, {}).setdefault(test, []).append(report.outcome)
    return rows if is_asked_for else {}


def table(rows: Results) -> Iterator[str]:
    """Write every row of the matrix, with what came of it."""
    for name, fault in FAULTS.items():
        yield f"{name}  {fault:<51}  {_result(name, rows.get(name, {}))}"


def _result(name: str, tests: dict[str, list[str]]) -> str:
    if name in LEFT_OUT:
        return f"left out: {LEFT_OUT[name]}"
    counts = Counter(outcome for outcomes in tests.values() for outcome in outcomes)
    said = ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items())) or "not run now"
    there = [test for test in ELSEWHERE.get(name, ()) if test not in tests]
    return f"{said}: {', '.join([*(test.rpartition('::')[2] for test in tests), *there])}"

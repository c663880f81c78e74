"""What the tests of faults share; and the fault matrix, printed after them: one line a row."""

import io
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from tests.faults.rows import ELSEWHERE, FAULTS, LEFT_OUT
from tests.faults.runs import KINDS, Shape, finish, shapes_of, start
from tests.harness.site import site
from tests.harness.world import harness

_rows: dict[str, dict[str, list[str]]] = {}
"""Row -> test -> the results of its cases."""


@pytest.fixture(scope="session")
def new_shapes() -> Callable[..., list[Shape]]:
    """Enumerate the requests of clean runs: those of a kind that no kind before it sends."""
    known: dict[Shape, str] = {}

    def of(kind: str, *services: str) -> list[Shape]:
        for each in () if known else KINDS:
            with harness() as world:
                run_id = start(world, each)
                for shape in shapes_of(world, lambda world=world, run_id=run_id: finish(world, run_id)):
                    known.setdefault(shape, each)
        return [shape for shape in known if known[shape] == kind and shape[1] in services]

    return of


@pytest.fixture
def mute(world: object) -> Iterator[None]:
    """Have nothing that any function prints be written."""
    functions = site().functions.values()
    outputs = {function.name: function.output for function in functions}
    for function in functions:
        function.output = _Closed()
        function.forget_instances()
    yield
    for function in functions:
        function.output = outputs[function.name]
        function.forget_instances()


class _Closed(io.StringIO):
    """A pipe that nobody reads any more."""

    def write(self, _text: str) -> int:
        raise BrokenPipeError


def pytest_itemcollected(item: pytest.Item) -> None:
    """Have each test's rows reported with its result."""
    for mark in item.iter_markers("row"):
        item.user_properties.extend(("row", each) for each in mark.args)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note what came of a test that proves a row, here or elsewhere."""
    if report.when != "call" and report.passed:
        return
    test = report.nodeid.partition("[")[0]
    rows = [str(value) for name, value in report.user_properties if name == "row"]
    for each in rows or [name for name, tests in ELSEWHERE.items() if test in tests]:
        _rows.setdefault(each, {}).setdefault(test, []).append(report.outcome)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table."""
    terminalreporter.section("fault matrix")
    for name, fault in FAULTS.items():
        terminalreporter.write_line(f"{name}  {fault:<51}  {_result(name)}")


def _result(name: str) -> str:
    if name in LEFT_OUT:
        return f"left out: {LEFT_OUT[name]}"
    tests = _rows.get(name, {})
    counts = Counter(outcome for outcomes in tests.values() for outcome in outcomes)
    said = ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items())) or "not run now"
    there = [test for test in ELSEWHERE.get(name, ()) if test not in tests]
    return f"{said}: {', '.join([*(test.rpartition('::')[2] for test in tests), *there])}"

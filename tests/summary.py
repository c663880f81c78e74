"""What the proofs counted, told in the end; several processes report by the properties of tests.

A test counts with `record_property(COUNTED, {"what": "crash points", "points": 3, ...})`: numbers of the same
`what` are added up. It tells a sentence with `record_property(TOLD, "...")`.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from tests.faults import matrix

COUNTED = "counted"
TOLD = "told"


def show(terminal: pytest.TerminalReporter) -> None:
    """Show all that was counted and told, and the fault matrix if any of its rows was proved."""
    every = (each for reports in terminal.stats.values() for each in reports)
    reports = [each for each in every if isinstance(each, pytest.TestReport)]
    if lines := [*_sums(reports), *_sentences(reports)]:
        terminal.section("proofs")
        for line in lines:
            terminal.write_line(line)
    if rows := matrix.results(reports):
        terminal.section("fault matrix")
        for line in matrix.table(rows):
            terminal.write_line(line)


def _sums(reports: Iterable[pytest.TestReport]) -> Iterator[str]:
    sums: dict[str, Counter[str]] = {}
    for each in _values(reports, COUNTED):
        numbers = {name: value for name, value in each.items() if name != "what"}
        sums.setdefault(each["what"], Counter()).update(numbers)
    for what, counts in sums.items():
        yield f"{what}: {', '.join(f'{count} {name}' for name, count in counts.items())}"


def _sentences(reports: Iterable[pytest.TestReport]) -> Iterator[str]:
    yield from _values(reports, TOLD)


def _values(reports: Iterable[pytest.TestReport], wanted: str) -> Iterator[Any]:
    for report in reports:
        if report.when == "call":
            yield from (value for name, value in report.user_properties if name == wanted)

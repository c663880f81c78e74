"""What the tests execute of `functions/` and the layer, by branch: the figure, and each file with too little.

    pytest --branch-coverage

Measured by SlipCover, for which a line costs something the first time only. On Python 3.13 coverage.py, asked
for branches, doubles the time of a test.
"""

import json
from itertools import pairwise
from typing import Any, Final

import pytest
from slipcover import FileMatcher, ImportManager, Slipcover, merge_coverage

SOURCES: Final = ["functions", "layers/contracts/contracts"]
ENOUGH: Final = 95
"""Per cent."""

_REPORTED = "branch_coverage"


class BranchCoverage:
    """Sees what is executed of all that is imported from now on here, and sums up xdist's processes."""

    def __init__(self) -> None:
        self._seen = Slipcover(branch=True, source=SOURCES)
        self._imports = ImportManager(self._seen, FileMatcher(sources=SOURCES))
        self._imports.__enter__()
        self._elsewhere: list[Any] = []

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Report to the process that sums up."""
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput[_REPORTED] = json.dumps(self._seen.get_coverage())

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take what another process reported, unless it died."""
        if reported := getattr(node, "workeroutput", {}).get(_REPORTED):
            self._elsewhere.append(json.loads(reported))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the figure, and each file below what is enough."""
        whole = self._seen.get_coverage()
        for reported in self._elsewhere:
            merge_coverage(whole, reported)
        percent = whole["summary"]["percent_covered"]
        terminalreporter.section("coverage")
        terminalreporter.write_line(f"{percent:.1f} % of functions/ and the layer are covered, by branch")
        for name, file in sorted(whole["files"].items()):
            if (covered := file["summary"]["percent_covered"]) < ENOUGH:
                terminalreporter.write_line(f"{covered:5.1f} %  {name}  {_missing(file)}")


def _missing(file: dict[str, Any]) -> str:
    """Write lines as `3-5, 9`, and branches of lines that were executed as `9->12`."""
    lines: list[int] = file["missing_lines"]
    breaks = [end for end, (line, after) in enumerate(pairwise(lines), 1) if after != line + 1]
    ranges = [lines[begin:end] for begin, end in pairwise([0, *breaks, len(lines)]) if lines]
    branches = [branch for branch in file["missing_branches"] if branch[0] not in lines]
    return ", ".join(
        [
            *(f"{each[0]}-{each[-1]}" if len(each) > 1 else f"{each[0]}" for each in ranges),
            *(f"{begin}->{end or 'exit'}" for begin, end in branches),
        ]
    )

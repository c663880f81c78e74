"""Which tests execute which line, and how long each takes: learnt once, by running the quick tests."""

import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, Self

from coverage import CoverageData

from tests.mutants.durations import DURATIONS_FILE

QUICK_TESTS: Final = ("tests/unit", "tests/integration", "tests/schedules/test_dropped_webhooks.py")

LEARNING: Final = (
    *("-q", "-p", "tests.mutants.durations"),
    *("--cov=functions", "--cov=contracts", "--cov-context=test", "--cov-report="),
)


class CoverageMap:
    """What the quick tests execute."""

    def __init__(
        self, lines: Mapping[str, Mapping[int, frozenset[str]]], seconds: Mapping[str, float]
    ) -> None:
        """Make it of the tests that execute each line of each file, and the seconds that each test takes."""
        self._lines = lines
        self._seconds = seconds

    @classmethod
    def read(cls, folder: Path, root: Path) -> Self:
        """Read what `learn` has written."""
        seconds = json.loads((folder / "durations.json").read_text())
        data = CoverageData(str(folder / "coverage"))
        data.read()
        lines = {}
        for file in data.measured_files():
            contexts = data.contexts_by_lineno(file)
            lines[str(Path(file).relative_to(root))] = {
                line: frozenset(name.rpartition("|")[0] for name in names if name) & seconds.keys()
                for line, names in contexts.items()
            }
        return cls(lines, seconds)

    def tests_of(self, file: str, lines: Iterable[int]) -> frozenset[str]:
        """Give the tests that execute any of these lines; those that ran at import are nobody's."""
        of_file = self._lines.get(file, {})
        return frozenset().union(*(of_file.get(line, frozenset()) for line in lines))

    def tests_of_file(self, file: str) -> frozenset[str]:
        """Give the tests that execute anything in a file."""
        return self.tests_of(file, self._lines.get(file, {}))

    def choose(self, tests: Iterable[str], *, most: int, seconds: float) -> list[str]:
        """Choose the quickest, but of each test function one case before any second one of it."""
        cases: dict[str, int] = defaultdict(int)
        ranked = []
        for test in sorted(tests, key=lambda test: (self._seconds[test], test)):
            function = test.partition("[")[0]
            ranked.append((cases[function], self._seconds[test], test))
            cases[function] += 1
        chosen, left = [], seconds
        for _, each_seconds, test in sorted(ranked)[:most]:
            if chosen and each_seconds > left:
                continue
            chosen.append(test)
            left -= each_seconds
        return chosen


def learn(folder: Path, root: Path, tests: Sequence[str] = QUICK_TESTS) -> None:
    """Run tests, and write down what each executes and how long it takes."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        [sys.executable, "-m", "pytest", *LEARNING, *tests],
        cwd=root,
        env={
            **os.environ,
            "COVERAGE_FILE": str(folder / "coverage"),
            DURATIONS_FILE: str(folder / "durations.json"),
        },
        check=False,
    )

"""Tries mutants: each is caught by a test, or survives those that are likeliest to know."""

import ast
import re
import tempfile
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Literal

from tests.mutants import forked
from tests.mutants.coverage_map import CoverageMap
from tests.mutants.forked import Changed
from tests.mutants.mutations import Mutation

FAILED: Final = re.compile(r"^(?:FAILED|ERROR) (\S.*?)(?: - .*)?$", re.MULTILINE)
TEST_FAILED, NOT_COLLECTED = 1, 2
SECONDS_TO_START: Final = 30

type Outcome = Literal["caught", "survived", "unreached"]


@dataclass(frozen=True)
class Result:
    """What came of a mutant.

    Attributes:
        tests: How many were run, at most: the first that fails ends it.
        by: The test that failed, or what happened instead.
        is_thorough: Whether it had all the tests that execute it, as far as `THOROUGH` goes.
    """

    outcome: Outcome
    tests: int = 0
    by: str | None = None
    is_thorough: bool = False


@dataclass(frozen=True)
class Limits:
    """How much is tried for one mutant.

    Attributes:
        tests: How many tests.
        seconds: How long they take together without a mutant, on the machine that they were timed on.
    """

    tests: int = 400
    seconds: float = 20


THOROUGH: Final = Limits(tests=3000, seconds=120)
"""For what survives the quickest tests."""


class Trial:
    """Tries mutants of the modules under a root."""

    def __init__(self, root: Path, coverage: CoverageMap, limits: Limits, jobs: int = 1) -> None:
        """Have so many tried at once."""
        self._root = root
        self._coverage = coverage
        self._limits = limits
        self._jobs = jobs

    def results(self, mutants: Iterable[Mutation], *, until: float) -> Iterator[tuple[Mutation, Result]]:
        """Try mutants, for as long as there is time to begin another, in monotonic seconds."""
        waiting, running = deque(mutants), dict[int, _Running]()
        with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
            while waiting or running:
                if waiting and len(running) < self._jobs:
                    if time.monotonic() >= until:
                        waiting.clear()
                        continue
                    mutation = waiting.popleft()
                    if not (tests := self._tests_for(mutation)):
                        yield mutation, Result("unreached")
                        continue
                    begun = self._begin(mutation, tests, Path(folder) / f"{len(waiting)}.log")
                    running[begun.process] = begun
                for each in list(running.values()):
                    if result := each.result():
                        del running[each.process]
                        yield each.mutation, result
                time.sleep(0.01)

    def failures(self, tests: Sequence[str]) -> set[str]:
        """Run tests without any mutant, and name those that fail: they prove nothing.

        One that fails only in the company of all others has caught its mutant alone, or among a few.
        """
        red = self._red(tests) if tests else set()
        return {test for test in sorted(red) if self._red([test])}

    def _red(self, tests: Sequence[str]) -> set[str]:
        with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
            log = Path(folder) / "log"
            process = forked.start(None, tests, root=self._root, log=log)
            while (code := forked.ended(process)) is None:
                time.sleep(0.1)
            if code not in (0, TEST_FAILED):
                raise RuntimeError(f"the tests could not be run: {log.read_text()[-2000:]}")
            return set(FAILED.findall(log.read_text()))

    def _begin(self, mutation: Mutation, tests: Sequence[str], log: Path) -> "_Running":
        path = self._root / mutation.file
        changed = Changed(path.resolve(), mutation.applied(path.read_text()))
        seconds = int(3 * self._limits.seconds)
        process = forked.start(changed, ["-x", f"--timeout={seconds}", *tests], root=self._root, log=log)
        ends_at = time.monotonic() + SECONDS_TO_START + 2 * seconds
        return _Running(mutation, process, len(tests), ends_at, log)

    def _tests_for(self, mutation: Mutation) -> list[str]:
        """Choose tests that execute what is changed, or else its statement, or else its file."""
        tests = self._users_tests(mutation) if mutation.name else self._own_tests(mutation)
        tests = tests or self._coverage.tests_of_file(mutation.file)
        return self._coverage.choose(tests, most=self._limits.tests, seconds=self._limits.seconds)

    def _own_tests(self, mutation: Mutation) -> frozenset[str]:
        first, last = mutation.lines
        return self._coverage.tests_of(mutation.file, range(first, last + 1)) or self._coverage.tests_of(
            mutation.file, range(mutation.statement, last + 1)
        )

    def _users_tests(self, mutation: Mutation) -> frozenset[str]:
        assert mutation.name
        uses = _uses(self._root)
        names, known = [mutation.name], {mutation.name}
        tests: frozenset[str] = frozenset()
        while names:
            for file, line, defines in uses.get(names.pop(), ()):
                tests |= self._coverage.tests_of(file, [line])
                if defines and defines not in known:
                    known.add(defines)
                    names.append(defines)
        return tests


@dataclass(frozen=True)
class _Running:
    mutation: Mutation
    process: int
    tests: int
    ends_at: float
    log: Path

    def result(self) -> Result | None:
        """Say what came of it; `None` while it runs."""
        code = forked.ended(self.process)
        if code is None:
            if time.monotonic() < self.ends_at:
                return None
            forked.end(self.process)
            return Result("caught", self.tests, "it came to no end")
        match code:
            case 0:
                return Result("survived", self.tests)
            case _ if code == TEST_FAILED or code < 0:
                failed = FAILED.search(self.log.read_text())
                return Result("caught", self.tests, failed[1] if failed else "the process ended")
            case _ if code == NOT_COLLECTED:
                return Result("caught", self.tests, "it cannot be imported")
            case _:  # without a mutant it does not, or `failures` says so in the end
                return Result("caught", self.tests, "pytest itself breaks")


@cache
def _uses(root: Path) -> Mapping[str, Sequence[tuple[str, int, str | None]]]:
    """Give the lines that each name is used in, and the constant that they make, if any."""
    uses: dict[str, list[tuple[str, int, str | None]]] = {}
    for folder in ("functions", "layers"):
        for module in sorted((root / folder).rglob("*.py")):
            file = str(module.relative_to(root))
            for statement in ast.parse(module.read_text()).body:
                target = statement.targets[0] if isinstance(statement, ast.Assign) else None
                defines = target.id if isinstance(target, ast.Name) else None
                for node in ast.walk(statement):
                    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                        uses.setdefault(node.id, []).append((file, node.lineno, defines))
    return uses

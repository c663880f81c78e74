"""`make mutants`: break each promise on purpose, and see which tests go red.

Each mutant is a copy of the checkout with one change. Its tests run until some have failed, as `make test`
runs them; if none has, with all of their cases, as `make proofs` does. Those that failed must pass in a copy
without the change, or they prove nothing.

    python -m tests.mutants [--report FILE] [NAME ...]
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from tests.mutants.mutants import MUTANTS, Mutant

ROOT: Final = Path(__file__).parents[2]
ENOUGH_FAILURES: Final = 3
AT_ONCE: Final = os.cpu_count() or 1
WHOLE: Final = " --exhaustive"


def main() -> int:
    """Run the mutants; 0 if every one is caught."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--report", type=Path, help="where to keep what came of it, as Markdown")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these mutants")
    arguments = parser.parse_args()
    mutants = [each for each in MUTANTS if not arguments.names or each.name in arguments.names]

    caught = dict(zip((each.name for each in mutants), _all_failures(mutants), strict=True))
    catching = sorted({test for tests in caught.values() for test in tests})
    whole = [test.removesuffix(WHOLE) for test in catching if test.endswith(WHOLE)]
    red_anyway = [
        *_failures([test for test in catching if not test.endswith(WHOLE)]),
        *_failures(whole, is_whole=True),
    ]
    catchers = {name: [test for test in tests if test not in red_anyway] for name, tests in caught.items()}

    _show(mutants, catchers)
    if arguments.report:
        arguments.report.write_text(_report(mutants, catchers))
    for test in red_anyway:
        Console().print(f"red without any mutant, so it proves nothing: {test}", markup=False)
    return 0 if mutants and all(catchers.values()) else 1


def _all_failures(mutants: Sequence[Mutant]) -> list[list[str]]:
    """Run the tests of every mutant, some at once, and name those that failed."""
    with Progress() as progress, ThreadPoolExecutor(AT_ONCE) as pool:
        task = progress.add_task("Breaking promises", total=len(mutants))
        runs = [pool.submit(_first_failures, each) for each in mutants]
        for _ in as_completed(runs):
            progress.advance(task)
    return [run.result() for run in runs]


def _first_failures(mutant: Mutant) -> list[str]:
    """Name the tests that failed, with all of their cases only if none does with some."""
    return _failures(mutant.tests, mutant) or _failures(mutant.tests, mutant, is_whole=True)


def _failures(tests: Sequence[str], mutant: Mutant | None = None, *, is_whole: bool = False) -> list[str]:
    """Run tests in a copy of the checkout, broken or not, and name those that failed; three are enough.

    Args:
        is_whole: With all of their cases, which their names say then.

    Raises:
        RuntimeError: They could not be run.
    """
    if not tests:
        return []
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        copy, results = Path(folder) / "checkout", Path(folder) / "results.xml"
        _copy_checkout(copy)
        if mutant:
            broken = copy / mutant.file
            broken.write_text(broken.read_text().replace(mutant.before, mutant.after))
        most = ENOUGH_FAILURES if mutant else len(tests)
        ended = subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "-q", f"--maxfail={most}"),
                *("-o", "junit_family=xunit1", f"--junitxml={results}"),  # the other one warns of properties
                *(WHOLE.split() if is_whole else ()),
                *tests,
            ],
            cwd=copy,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(copy), str(copy / "layers/contracts")])},
            capture_output=True,
            text=True,
            check=False,
        )
        if not results.exists() or not (cases := list(ET.parse(results).iter("testcase"))):
            raise RuntimeError(f"no test was run: {ended.stdout[-2000:]}{ended.stderr[-2000:]}")
        failed = (case for case in cases if {"failure", "error"} & {child.tag for child in case})
        return [f"{_test_id(case)}{WHOLE if is_whole else ''}" for case in failed]


def _copy_checkout(copy: Path) -> None:
    """Copy what git knows, and what it would take in."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)


def _test_id(case: ET.Element) -> str:
    """Name a test as pytest takes it."""
    return f"{case.get('classname', '').replace('.', '/')}.py::{case.get('name')}"


def _show(mutants: Iterable[Mutant], catchers: dict[str, list[str]]) -> None:
    table = Table("promise", "broken on purpose", "", "caught by")
    for each in mutants:
        tests = catchers[each.name]
        mark = "[green]caught[/]" if tests else "[bold red]survived[/]"
        table.add_row(str(each.promise), each.name, mark, escape("\n".join(tests)) or "no test")
    Console(width=180).print(table)


def _report(mutants: Sequence[Mutant], catchers: dict[str, list[str]]) -> str:
    lines = [
        "# Proof that the proofs can fail",
        "",
        "`make mutants` breaks each promise on purpose, in a copy of the checkout, and runs the tests until",
        "three have gone red; with `--exhaustive`, where a sample of their cases notices nothing.",
        f"Written by it on {datetime.now(UTC):%Y-%m-%d}; what is broken, and how, is in",
        "[`tests/mutants/mutants.py`](../tests/mutants/mutants.py).",
        "",
        "| promise | broken on purpose | caught by |",
        "|---|---|---|",
    ]
    for each in mutants:
        tests = "<br>".join(f"`{test}`" for test in catchers[each.name]) or "**no test**"
        lines.append(f"| {each.promise} | {each.name} | {tests} |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    sys.exit(main())

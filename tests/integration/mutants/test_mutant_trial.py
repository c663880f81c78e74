"""A mutant that a test notices is told from one that none does."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.mutants.coverage_map import CoverageMap

ROOT = Path(__file__).parents[3]

MODULE = """\
MOST = 3


def may_enter(age: int, *, is_member: bool) -> bool:
    return age >= 18 and is_member


def is_full(people: int) -> bool:
    return people >= MOST


def is_odd(number: int) -> bool:
    return number % 2 == 1
"""
TESTS = """\
from functions.door import is_full, may_enter


def test_a_member_may_enter():
    assert may_enter(30, is_member=True)
    assert not may_enter(30, is_member=False)


def test_it_is_full_at_three():
    assert [is_full(people) for people in (2, 3, 4)] == [False, True, True]
"""
COMMAND = """\
import time
from pathlib import Path
from tests.mutants import forked
from tests.mutants.coverage_map import CoverageMap, learn
from tests.mutants.mutations import mutations
from tests.mutants.trial import Limits, Trial

root = Path.cwd()
learn(root / "map", root, ["tests"])
forked.warm_up()
trial = Trial(root, CoverageMap.read(root / "map", root), Limits())
mutants = mutations("functions/door.py", (root / "functions/door.py").read_text())
for mutant, result in trial.results(mutants, until=time.monotonic() + 100):
    print(f"{mutant.scope} [{mutant.change}] {result.outcome} {result.by}")
print(sorted(trial.failures(["tests/test_door.py", "tests/test_red.py"])))
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory) -> list[str]:
    """Give what the mutation tester says of a small module."""
    root: Path = tmp_path_factory.mktemp("checkout")
    for name, text in {
        "pytest.ini": "[pytest]\n",
        "functions/__init__.py": "",
        "functions/door.py": MODULE,
        "tests/test_door.py": TESTS,
        "tests/test_red.py": "def test_red():\n    assert False\n",
        "layers/nothing.py": "",
    }.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(textwrap.dedent(text))
    ended = subprocess.run(
        [sys.executable, "-c", COMMAND],
        cwd=root,
        env={"PYTHONPATH": f"{root}:{ROOT}", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert not ended.returncode, ended.stdout + ended.stderr
    return ended.stdout.splitlines()


BY_MEMBER, BY_FULL = (
    "tests/test_door.py::test_a_member_may_enter",
    "tests/test_door.py::test_it_is_full_at_three",
)


@pytest.mark.parametrize(
    "line",
    [
        f"may_enter [and -> or] caught {BY_MEMBER}",
        "may_enter [>= -> >] survived None",
        f"is_full [>= -> >] caught {BY_FULL}",
        f"MOST [x 10] caught {BY_FULL}",
        f"MOST [x 0] caught {BY_FULL}",
    ],
)
def test_what_a_test_notices_is_caught_and_what_none_does_survives(told: list[str], line):
    assert line in told


def test_what_no_test_executes_is_tried_with_the_tests_of_its_module(told: list[str]):
    assert "is_odd [== -> !=] survived None" in told


def test_a_test_that_fails_without_any_mutant_is_named(told: list[str]):
    assert told[-1] == "['tests/test_red.py::test_red']"


def test_the_quickest_tests_are_chosen_and_of_each_test_one_case_before_a_second():
    seconds = {"a::t[1]": 0.1, "a::t[2]": 0.2, "b::u": 1, "c::v": 3, "d::w": 50}
    map_of = CoverageMap({"m.py": {1: frozenset(seconds)}}, seconds)

    tests = map_of.tests_of("m.py", [1, 2])

    assert map_of.choose(tests, most=3, seconds=20) == ["a::t[1]", "b::u", "c::v"]
    assert map_of.choose(tests, most=9, seconds=20) == ["a::t[1]", "b::u", "c::v", "a::t[2]"]
    assert map_of.choose(["d::w"], most=9, seconds=20) == ["d::w"]


A_TEST_OF_OURS = """\
from pathlib import Path
from tests.mutants import forked

root, log = Path.cwd(), Path({log!r})
forked.warm_up()
process = forked.start(None, ["tests/unit/layer/test_content.py"], root=root, log=log)
while (code := forked.ended(process)) is None:
    pass
print(code, log.read_text())
"""


def test_tests_of_this_project_run_as_they_are_run_for_a_mutant(tmp_path):
    command = A_TEST_OF_OURS.format(log=str(tmp_path / "log"))

    ended = subprocess.run(
        [sys.executable, "-c", command], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert ended.stdout.startswith("0 "), ended.stdout + ended.stderr

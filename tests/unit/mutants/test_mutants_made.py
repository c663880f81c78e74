"""Which mistakes the mutation tester makes, and what it calls them."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.mutants.every import ACCEPTED
from tests.mutants.mutations import ALWAYS, NEVER, mutations

ROOT = Path(__file__).parents[3]


def mutants(source: str) -> dict[str, str]:
    """Give each mutant of a module by its change."""
    found = mutations("a.py", source)
    return {f"{each.change}{'' if each.number == 1 else each.number}": each.applied(source) for each in found}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        *[("<", "<="), ("<=", "<"), (">", ">="), (">=", ">"), ("==", "!="), ("!=", "==")],
        *[("in", "not in"), ("not in", "in"), ("is", "is not"), ("is not", "is")],
    ],
)
def test_a_comparison_moves_its_edge_or_means_the_opposite(before, after):
    source = f"def f(a, b):\n    return a {before} b\n"

    assert mutants(source) == {f"{before} -> {after}": f"def f(a, b):\n    return a {after} b\n"}


def test_each_comparison_of_a_chain_and_each_operator_of_a_row_is_changed_by_itself():
    assert set(mutants("x = lambda a, b, c: a < b <= c\n").values()) == {
        "x = lambda a, b, c: a <= b <= c\n",
        "x = lambda a, b, c: a < b < c\n",
    }
    assert set(mutants("x = lambda a, b, c: a and b and c\n").values()) == {
        "x = lambda a, b, c: a or b and c\n",
        "x = lambda a, b, c: a and b or c\n",
    }


def test_and_is_or_and_not_goes():
    source = "def f(a, b):\n    if not (a or b):\n        return None\n"

    assert mutants(source) == {
        "or -> and": source.replace("or", "and"),
        "without `not`": source.replace("not ", ""),
    }


def test_characters_of_more_than_one_byte_move_nothing():
    source = 'def f(a, b):\n    return "☃☃" == a and b > 1\n'

    assert mutants(source)["> -> >="] == source.replace(">", ">=")


@pytest.mark.parametrize("value", ["40", "7 * 24 * 3600", "0.5", "timedelta(seconds=45)"])
def test_a_limit_is_ten_times_as_much_and_nothing(value):
    assert mutants(f"LIMIT = {value}\n") == {
        "x 10": f"LIMIT = ({value}) * 10\n",
        "x 0": f"LIMIT = ({value}) * 0\n",
    }


def test_each_number_of_a_limit_is_changed_by_itself():
    assert mutants("WAITS = (2, 5)\n") == {
        "x 10": "WAITS = ((2) * 10, 5)\n",
        "x 0": "WAITS = ((2) * 0, 5)\n",
        "x 102": "WAITS = (2, (5) * 10)\n",
        "x 02": "WAITS = (2, (5) * 0)\n",
    }


def test_of_two_limits_in_one_line_each_is_changed_by_itself():
    mutants_of = mutations("a.py", "FIRST, MOST = 5, 60\n")

    assert {(each.name, each.applied("FIRST, MOST = 5, 60\n")) for each in mutants_of} == {
        ("FIRST", "FIRST, MOST = (5) * 10, 60\n"),
        ("FIRST", "FIRST, MOST = (5) * 0, 60\n"),
        ("MOST", "FIRST, MOST = 5, (60) * 10\n"),
        ("MOST", "FIRST, MOST = 5, (60) * 0\n"),
    }


@pytest.mark.parametrize("source", ['NAME = "x"\n', "IS = True\n", "OTHER = NAMES\n", "limit = 5\n"])
def test_what_is_no_limit_is_left_alone(source):
    assert mutants(source) == {}


def test_a_condition_is_made_its_opposite_and_each_clause_always_and_never_true():
    running, late = "outcome = :running", "lease_until < :now"
    made = mutants(f'claim = "({running} AND {late})"\n')

    assert {change: text.removeprefix("claim = ") for change, text in made.items()} == {
        "its opposite": f"'NOT (({running} AND {late}))'\n",
        f"{running}: always true": f"'(({running} OR {ALWAYS}) AND {late})'\n",
        f"{running}: never true": f"'(({running} AND {NEVER}) AND {late})'\n",
        f"{late}: always true": f"'({running} AND ({late} OR {ALWAYS}))'\n",
        f"{late}: never true": f"'({running} AND ({late} AND {NEVER}))'\n",
    }


def test_a_condition_that_stands_where_it_is_used_is_changed_too():
    source = 'def f(db):\n    db.put_item(ConditionExpression="attribute_not_exists(pk)")\n'

    assert set(mutants(source)) == {
        "its opposite",
        "attribute_not_exists(pk): always true",
        "attribute_not_exists(pk): never true",
    }


def test_a_mutant_is_named_by_where_it_is_and_not_by_the_number_of_its_line():
    source = "class A:\n    def f(self, a):\n        return a < 1, a < 1\n"

    titles = [each.title for each in mutations("a.py", source)]

    assert titles == [
        "a.py A.f: return a < 1, a < 1 [< -> <=]",
        "a.py A.f: return a < 1, a < 1 [< -> <=] (2)",
    ]
    assert [each.title for each in mutations("a.py", f"# more\n\n{source}")] == titles


def test_the_guards_of_the_real_code_are_among_what_is_broken():
    broken = {
        f"{each.scope} [{each.change}]"
        for name in ("run_store", "gate", "checks", "deliveries")
        for each in mutations(name, (ROOT / f"functions/worker/{name}.py").read_text())
    }

    assert {
        "is_new [attribute_not_exists(pk): always true]",
        "MAX_CLOSED_SECONDS [x 10]",
        "Checks.send [is not -> is]",
        "LEASE_SECONDS [x 0]",
    } <= broken


@pytest.mark.parametrize(
    "entry",
    tomllib.loads(ACCEPTED.read_text())["accepted"],
    ids=lambda entry: entry["mutant"].partition(" [")[0][-40:],
)
def test_each_mutant_that_may_live_is_there_and_says_why(entry: Mapping[str, str]):
    file = entry["mutant"].partition(" ")[0]

    assert entry["mutant"] in {each.title for each in mutations(file, (ROOT / file).read_text())}
    assert entry["reason"].endswith(".")

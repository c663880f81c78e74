"""Tokens, summed over the turns of a run."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.worker.core.usage import MAX_USAGE, add_usage, run_usage

TURN = {"input_tokens": 3, "input_tokens_details": {"cached_tokens": 1}, "total_tokens": 5}

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner),
    max_leaves=10,
)
USAGE = st.none() | st.dictionaries(st.sampled_from("abc"), JSON)


@pytest.mark.parametrize("total", [None, {}])
def test_the_first_turns_usage_is_the_runs(total):
    assert add_usage(total, TURN) == TURN


@pytest.mark.parametrize("turn", [None, {}])
def test_a_turn_without_usage_adds_nothing(turn):
    assert add_usage(TURN, turn) == TURN


def test_nothing_and_nothing_is_nothing():
    assert add_usage(None, None) is None


def test_counts_are_added_name_by_name_at_any_depth():
    assert add_usage(TURN, TURN) == {
        "input_tokens": 6,
        "input_tokens_details": {"cached_tokens": 2},
        "total_tokens": 10,
    }


def test_a_count_that_only_one_of_them_has_is_kept():
    one = {"a": 1, "details": {"x": 1}}
    other = {"b": 2, "details": {"y": 2}, "more": {"z": 3}}

    assert add_usage(one, other) == {"a": 1, "b": 2, "details": {"x": 1, "y": 2}, "more": {"z": 3}}
    assert add_usage(one, other) == add_usage(other, one)


def test_an_absent_count_is_zero():
    assert add_usage({"a": None, "details": None}, {"a": 2, "details": {"x": 1}}) == {
        "a": 2,
        "details": {"x": 1},
    }


def test_what_is_added_is_left_as_it_was():
    total = {"details": {"x": 1}}

    add_usage(total, {"details": {"x": 2}})

    assert total == {"details": {"x": 1}}


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        (1, {"x": 1}),
        ({"x": 1}, 1),
        ("a word", "another"),
        ("a word", 1),
        (1, "a word"),
        ([1], [2]),
        (True, True),
        (1, True),
        (1, []),
        (10**400, 0.5),
        (1.7e308, 1.7e308),
        (-1.7e308, -1.7e308),
    ],
)
def test_what_does_not_add_up_is_as_the_later_turn_has_it(earlier, later):
    assert add_usage({"a": earlier, "b": 1}, {"a": later, "b": 2}) == {"a": later, "b": 3}


@given(USAGE, USAGE)
def test_no_usage_is_ever_refused_and_no_name_is_lost(total, turn):
    added = add_usage(total, turn)

    assert set(added or {}) == {*(total or {}), *(turn or {})}


def test_a_provider_that_counts_ever_more_things_fills_no_record():
    total = {"total_tokens": 1}
    for turn in range(100):
        total = run_usage(total, {f"{turn}/{number}": number for number in range(200)}) or {}

    assert total["total_tokens"] == 1
    assert len(json.dumps(total)) <= MAX_USAGE

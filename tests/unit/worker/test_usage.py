"""Tokens, summed over the turns of a run."""

import pytest

from functions.worker.usage import add_usage

TURN = {"input_tokens": 3, "input_tokens_details": {"cached_tokens": 1}, "total_tokens": 5}


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

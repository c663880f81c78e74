"""What polling would have cost."""

from itertools import islice, repeat

import pytest

from cli.demo.polling import every_second, requests_for, with_backoff


def test_backoff_grows_by_half_up_to_five_seconds():
    waits = list(islice(with_backoff(), 8))

    assert waits == [0.5, 0.75, 1.125, 1.6875, 2.53125, 3.796875, 5.0, 5.0]


@pytest.mark.parametrize(
    ("turn_seconds", "requests"),
    [(0.0, 2), (0.3, 2), (1.0, 2), (1.1, 3), (6.0, 7), (60.0, 61)],
)
def test_a_turn_costs_its_create_and_a_look_a_second_until_one_finds_it_over(turn_seconds, requests):
    assert requests_for(turn_seconds, every_second()) == requests


@pytest.mark.parametrize(("turn_seconds", "requests"), [(0.5, 2), (0.6, 3), (3.0, 5), (60.0, 17)])
def test_backoff_asks_less_often_the_longer_a_turn_takes(turn_seconds, requests):
    assert requests_for(turn_seconds, with_backoff()) == requests


def test_waits_that_end_before_the_turn_are_refused():
    with pytest.raises(ValueError, match="end before"):
        requests_for(60.0, repeat(1.0, 3))

import pytest

from tasks.demo.polling import EACH_SECOND, WITH_BACKOFF, durations, requests_by_polling


@pytest.mark.parametrize(("seconds", "requests"), [(0, 1), (0.3, 1), (1, 1), (1.01, 2), (60, 60), (60.5, 61)])
def test_polling_each_second_asks_once_for_each_second_begun(seconds: float, requests: int):
    assert EACH_SECOND.requests(seconds) == requests


@pytest.mark.parametrize(
    ("seconds", "requests"),
    # Asks at 0.5, 1.25, 2.375, 4.0625, 6.59375, 10.390625, 15.390625, 20.390625, ... s.
    [(0, 1), (0.5, 1), (0.51, 2), (4.0625, 4), (4.07, 5), (10.4, 7), (15.4, 8), (60, 16)],
)
def test_polling_with_backoff_waits_longer_each_time_up_to_its_most(seconds: float, requests: int):
    assert WITH_BACKOFF.requests(seconds) == requests


def test_what_polling_sees_late_is_the_time_to_its_next_request():
    assert EACH_SECOND.delay(2.25) == 0.75
    assert WITH_BACKOFF.delay(1.0) == 0.25


def test_only_resources_that_ended_are_counted():
    resources = [
        {"id": "resp_1", "created_at": 100.0, "ended_at": 102.5},
        {"id": "resp_2", "created_at": 103.0, "ended_at": 103.5},
        {"id": "resp_3", "created_at": 104.0, "ended_at": None},
    ]

    assert durations(resources) == [2.5, 0.5]
    assert requests_by_polling(EACH_SECOND, resources) == 4
    assert requests_by_polling(WITH_BACKOFF, resources) == 5

"""How long the client pauses before it sends a request again, and between its looks at a run."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import repeat
from math import inf

import httpx2
import pytest

from runrelay.client import answers
from runrelay.client.connection import SHORTEST_TRY, Limit
from runrelay.client.waiting import LONGEST_SECONDS, Patience


def refused(status: int = 503, **headers: str) -> httpx2.Response:
    return httpx2.Response(status, headers={name.replace("_", "-"): text for name, text in headers.items()})


def pauses(outcome: answers.Outcome, chance: float, most: int = 7) -> list[float | None]:
    return [answers.pause(outcome, retries, most, lambda: chance) for retries in range(most + 1)]


def test_pauses_double_up_to_eight_seconds_and_end():
    assert pauses(refused(), 1.0) == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0, None]
    assert pauses(httpx2.ReadTimeout("slow"), 0.0) == [0.25, 0.5, 1.0, 2.0, 4.0, 4.0, 4.0, None]


@pytest.mark.parametrize("status", [200, 202, 301, 400, 401, 403, 404, 409, 410, 422, 500, 501])
def test_what_asking_again_does_not_help_is_not_asked_again(status):
    assert answers.pause(refused(status), 0, 9, lambda: 0) is None


def test_nobody_asks_again_for_what_is_no_trouble_of_the_way():
    assert answers.pause(httpx2.DecodingError("odd"), 0, 9, lambda: 0) is None


@pytest.mark.parametrize(
    ("asked", "pause"),
    [("0", 0), ("7", 7), ("30", 30), ("31", None), ("soon", 0.25), ("", 0.25), ("-1", 0.25), ("1.5", 0.25)],
)
def test_the_pause_is_as_long_as_is_asked_for_within_reason(asked, pause):
    assert answers.pause(refused(retry_after=asked), 0, 9, lambda: 0) == pause


def test_a_pause_may_be_asked_for_by_a_date():
    at = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    past = format_datetime(datetime.now(UTC) - timedelta(seconds=20), usegmt=True)

    assert answers.pause(refused(retry_after=at), 0, 9, lambda: 0) == pytest.approx(19.5, abs=1)
    assert answers.pause(refused(retry_after=past), 0, 9, lambda: 0) == 0
    assert answers.pause(refused(retry_after="Sat, 21 Nov 2026 09:30:00 -0000"), 0, 9, lambda: 0) == 0.25


def test_looks_come_at_longer_intervals_up_to_ten_seconds():
    patience = Patience(None, clock=lambda: 0, chance=lambda: 1.0)

    seconds = [patience.pause() for _ in repeat(None, 12)]

    assert seconds[:3] == pytest.approx([0.4, 0.6, 0.9])
    assert seconds[-1] == LONGEST_SECONDS == 10


def test_no_two_clients_look_in_step():
    assert Patience(None, chance=lambda: 0.0).pause() == 0.2
    assert Patience(None, chance=lambda: 0.5).pause() == pytest.approx(0.3)


def test_the_last_look_is_when_the_time_is_up():
    now = [100.0]
    patience = Patience(0.5, clock=lambda: now[0], chance=lambda: 1.0)

    assert patience.pause() == 0.4
    now[0] += 0.4
    assert patience.pause() == pytest.approx(0.1)
    now[0] += 0.1
    assert patience.pause() is None


def test_a_try_has_the_time_that_is_left_and_enough_for_an_answer():
    usual = httpx2.Timeout(35, connect=5)

    assert Limit(inf).timeout(usual) == usual
    assert Limit(0).timeout(usual) == httpx2.Timeout(SHORTEST_TRY)
    assert Limit(-1).timeout(httpx2.Timeout(None, connect=2)) == httpx2.Timeout(SHORTEST_TRY, connect=2)
    assert Limit(1000).timeout(usual) == usual


@pytest.mark.parametrize(("seconds", "is_reached"), [(inf, False), (1000, False), (0.5, True), (0, True)])
def test_a_limit_is_reached_if_there_would_have_been_another_try(seconds: float, is_reached: bool):
    limit = Limit(seconds)

    assert limit.allows(0.7) is not is_reached
    assert limit.is_reached is is_reached

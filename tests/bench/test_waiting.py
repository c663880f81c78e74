"""The exact counts behind `make bench BENCH=requests`, with few runs."""

import pytest

from bench.answers import Scale
from bench.polling import Polling, poll, unlimited
from bench.relaying import Relaying, relay
from bench.requests import LATE, POLLINGS, USUAL, answer, asked_by_runrelay, checks_in
from bench.simulated.latencies import Latencies
from bench.workload import Job, workload
from functions.worker.core.schedule import CheckSchedule

LATENCIES = Latencies()
JOBS = [Job(0, 4, 0), Job(1, 8, 1), Job(2, 65, 0)]

pytestmark = pytest.mark.usefixtures("socket_enabled")


@pytest.mark.parametrize("polling", POLLINGS, ids=lambda polling: polling.name)
def test_what_is_reckoned_of_polling_is_what_the_sdk_asks(polling: Polling):
    reckoned = unlimited(polling, JOBS, LATENCIES)

    polled = poll(polling, JOBS, per_minute=None, latencies=LATENCIES, seed=7)

    assert (polled.requests, polled.refused, polled.given_up) == (
        reckoned.requests,
        0,
        reckoned.given_up,
    )
    assert sorted(polled.delays) == pytest.approx(sorted(reckoned.delays), abs=0.001)
    assert polled.held_seconds == pytest.approx(reckoned.held_seconds, abs=0.01)


def test_a_limit_of_60_s_gives_up_the_run_of_65_s():
    [*_, backoff, _] = POLLINGS

    assert backoff.limit_seconds == 60
    assert unlimited(backoff, JOBS, LATENCIES).given_up == 1


def test_with_webhooks_a_turn_costs_two_requests_and_a_long_one_its_checks_too():
    relayed = relay(Relaying("it"), JOBS, per_minute=500, latencies=LATENCIES, seed=7)

    assert relayed.requests == sum(asked_by_runrelay(job, 0) for job in JOBS) == 2 + 4 + 3
    assert (relayed.refused, relayed.given_up) == (0, 0)
    assert max(relayed.delays) < 2


def test_runs_that_stay_open_beside_the_workload_are_checked_and_cost_it_nothing():
    relayed = relay(Relaying("it"), JOBS, per_minute=500, latencies=LATENCIES, seed=7, open_runs=180)

    assert relayed.requests == sum(asked_by_runrelay(job, 0) for job in JOBS)
    assert relayed.for_others == 14  # one each 5 s of the 65 s that the longest run takes
    assert (relayed.refused, relayed.given_up) == (0, 0)
    assert max(relayed.delays) < 2


def test_what_is_asked_for_runs_that_stay_open_counts_against_the_limit():
    relayed = relay(Relaying("it"), JOBS[2:], per_minute=3, latencies=LATENCIES, seed=7, open_runs=60)

    assert relayed.refused > 0
    assert relayed.given_up == 0
    assert relayed.most_a_minute == 3


def test_without_webhooks_a_check_sees_the_end():
    relayed = relay(Relaying("it", lost=1), JOBS[:1], per_minute=500, latencies=LATENCIES, seed=7)

    assert relayed.requests == 2
    assert relayed.delays == [pytest.approx(30 - 4, abs=2)]


def test_who_is_refused_is_answered_429_and_a_poller_gives_up_where_runrelay_waits():
    jobs = [Job(number, 20, 0) for number in range(6)]

    refused = poll(POLLINGS[0], jobs, per_minute=5, latencies=LATENCIES, seed=7)
    waited = relay(Relaying("it"), jobs, per_minute=5, latencies=LATENCIES, seed=7)

    assert refused.refused > 0
    assert refused.given_up > 0
    assert waited.refused > 0
    assert waited.given_up == 0


@pytest.mark.parametrize(("seconds", "checks"), [(0, 0), (30, 0), (30.5, 1), (90.5, 2), (600, 4)])
def test_a_turn_at_work_is_checked_ever_more_rarely(seconds: float, checks: int):
    assert checks_in(seconds, CheckSchedule(30, 900)) == checks


def test_the_same_seed_draws_the_same_workload():
    assert workload(50, 7) == workload(50, 7) != workload(50, 8)


def test_a_count_that_is_not_as_it_should_be_breaks_the_bench(monkeypatch):
    monkeypatch.setattr("bench.requests.asked_by_runrelay", lambda _job, _late, _how: 99)
    monkeypatch.setattr("bench.requests.POLLINGS", ())

    broken = answer(Scale(is_small=True)).broken

    assert [words.partition(":")[0] for words in broken] == [
        USUAL,
        f"{USUAL}, limited",
        LATE,
        f"{LATE}, limited",
        f"{USUAL}, beside open runs",
    ]


def test_a_run_of_ten_minutes_is_two_requests_if_the_first_check_is_later():
    how = Relaying("it", first_check_seconds=900)

    relayed = relay(how, [Job(0, 600, 0)], per_minute=500, latencies=LATENCIES, seed=7)

    assert relayed.requests == asked_by_runrelay(Job(0, 600, 0), 0, how) == 2

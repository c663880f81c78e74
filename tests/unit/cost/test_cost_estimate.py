"""`runrelay cost`: what is reckoned from counts, prices and a month's load."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from runrelay import DeletedError
from runrelay.client.models import RunSummary
from runrelay.command_line import CommandError
from runrelay.cost import assumptions as assumed
from runrelay.cost import prices
from runrelay.cost.bill import WAITING, bill, total
from runrelay.cost.counts import BUSY, CALL, CHECK, IDLE, RUN, Counts
from runrelay.cost.estimate import (
    FIRST_CHECK_SECONDS,
    LONGEST_PAUSE_SECONDS,
    Load,
    by_polling,
    by_runrelay,
    checks_in,
    counts_of_run,
    estimate,
)
from runrelay.cost.last_month import MOST_RUNS, load_of, seen_in
from tests.harness.template import Template

NOW = datetime(2026, 11, 27, tzinfo=UTC)


def a_run(*, age: timedelta = timedelta(hours=1), seconds: float | None = 10, turn: int = 1) -> RunSummary:
    started = NOW - age
    return RunSummary(
        run_id="run_1",
        kind="response",
        status="completed",
        turn=turn,
        max_turns=9,
        tools=(),
        metadata={},
        subject=None,
        usage=None,
        error=None,
        deadline=NOW,
        created_at=started,
        updated_at=started,
        ended_at=None if seconds is None else started + timedelta(seconds=seconds),
    )


def test_a_bill_is_counts_times_prices():
    lines = {line.name: line.dollars for line in bill(Counts(write_units=1000, openai_requests=10))}

    assert lines["DynamoDB, writes"] == 1000 * prices.WRITE_UNIT.dollars
    assert lines[WAITING] == pytest.approx(10 * assumed.OPENAI_SECONDS * prices.LAMBDA_GB_SECOND.dollars)


def test_a_bill_of_a_million_is_a_million_times_that_of_one():
    assert total(bill(RUN * 1_000_000)) == pytest.approx(1_000_000 * total(bill(RUN)))


def test_on_a_busy_stack_answers_that_are_awaited_beside_each_other_are_paid_once():
    idle, busy = ({line.name: line.dollars for line in bill(each.run)} for each in (IDLE, BUSY))

    assert busy[WAITING] == pytest.approx(idle[WAITING] / 10)
    assert {name for name, dollars in busy.items() if dollars < idle[name]} == {
        "Lambda, invocations",
        "Lambda, own work",
        WAITING,
        "SQS",
    }
    assert estimate(Load()).runrelay_busy == by_runrelay(Load(), BUSY)


def test_counts_add_up_and_subtract():
    assert (RUN + CALL) - CALL == RUN * 1
    assert (RUN * 2).invocations["worker"] == 6


@pytest.mark.parametrize(("seconds", "checks"), [(1, 0), (30, 0), (31, 1), (91, 2), (3600, 7)])
def test_checks_come_ever_more_rarely(seconds: float, checks: int):
    assert checks_in(seconds) == checks


def test_a_run_is_its_turns_with_their_calls_and_checks():
    assert counts_of_run(Load(seconds=80, turns=2)) == RUN + CALL + CHECK * 2


def test_polling_asks_once_for_each_interval_begun_and_once_to_create():
    polled = by_polling(Load(runs=1000, seconds=10.5, interval_seconds=1, requests_a_minute=500))

    assert polled.requests_a_run == 12
    assert polled.requests == 12_000
    assert polled.share_of_limit == pytest.approx(12_000 / (500 * 60 * 730))


def test_one_polling_worker_is_always_there():
    assert by_polling(Load(runs=1)).worker_hours == assumed.HOURS_A_MONTH
    assert by_polling(Load(runs=1_000_000, runs_a_worker=1, seconds=3600)).worker_hours == pytest.approx(1e6)


def test_from_the_break_even_on_runrelay_costs_less_and_before_it_more():
    load = Load(runs=1_000_000, runs_a_worker=1)
    seconds = estimate(load).breaks_even_at_seconds

    assert seconds is not None
    for length, is_less in ((seconds * 1.05, True), (seconds * 0.9, False)):
        at = load.with_seconds(length)
        assert (by_runrelay(at).dollars <= by_polling(at).dollars) is is_less


def test_where_polling_always_costs_less_it_is_said():
    assert estimate(Load(seconds=5, runs_a_worker=100_000)).breaks_even_at_runs is None


def test_a_stacks_own_month_is_its_number_of_runs_their_length_and_their_turns():
    listed = [a_run(seconds=10, turn=1), a_run(seconds=30, turn=3), a_run(seconds=None)]

    load = seen_in(listed, NOW, Load(interval_seconds=5), {})

    assert load == Load(runs=3, seconds=20, turns=2, interval_seconds=5)


def test_what_a_run_waited_for_people_and_tools_is_no_time_in_which_it_would_be_polled():
    days = timedelta(days=2).total_seconds()
    waited = [replace(a_run(seconds=days, turn=2), run_id=f"run_{number}", call_count=1) for number in "123"]
    listed = [replace(a_run(seconds=2), run_id="run_4", call_count=0), *waited, a_run(seconds=None)]
    turns = [SimpleNamespace(started_at=NOW, ended_at=NOW + timedelta(seconds=3))] * 2

    def get(run_id: str) -> SimpleNamespace:
        if run_id == "run_3":
            raise DeletedError("it was deleted since")
        return SimpleNamespace(turns=turns)

    client: Any = SimpleNamespace(runs=SimpleNamespace(list=lambda **_: listed, get=get))

    assert load_of(client, Load()).seconds == pytest.approx((2 + 3 * 6) / 4)


def test_of_more_runs_than_are_read_the_pace_is_taken():
    listed = [a_run(age=timedelta(days=3))] * MOST_RUNS

    assert seen_in(listed, NOW, Load(), {}).runs == pytest.approx(MOST_RUNS * 10)


def test_without_a_run_that_ended_it_is_said_what_to_give():
    with pytest.raises(CommandError, match="runrelay cost --runs"):
        seen_in([a_run(seconds=None)], NOW, Load(), {})


def test_what_is_assumed_of_the_template_is_what_it_says():
    template = Template({})
    functions = {
        "api": "ApiFunction",
        "webhook": "WebhookFunction",
        "worker": "WorkerFunction",
        "tools": "ToolFunction",
    }
    default = {
        name: each["Default"] for name, each in template.content["Parameters"].items() if "Default" in each
    }
    traced = [
        name for name in template.content["Resources"] if name.startswith("Trace") and name.endswith("Alarm")
    ]

    memory = {name: template.properties(logical_id)["MemorySize"] for name, logical_id in functions.items()}
    assert memory == assumed.MEGABYTES
    assert (default["CheckFirstSeconds"], default["CheckCapSeconds"]) == (
        FIRST_CHECK_SECONDS,
        LONGEST_PAUSE_SECONDS,
    )
    assert default["RunRetentionDays"] == 30 * assumed.KEPT_MONTHS
    assert default["Architecture"] == "arm64"
    assert len(list(template.resources("AWS::CloudWatch::Alarm"))) - len(traced) == assumed.ALARMS
    assert len(list(template.resources("AWS::SecretsManager::Secret"))) == assumed.SECRETS


def test_each_price_names_the_page_that_it_was_read_on():
    every = [each for each in vars(prices).values() if isinstance(each, prices.Price)]

    assert len(every) > 15
    assert {each.source.partition(".com/")[0] for each in every} == {"https://aws.amazon"}
    assert all(replace(each, unit="").dollars > 0 for each in every)

"""The worker's limits, as figures: a limit that is compared with itself may be anything."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from contracts.payloads import Stored
from contracts.records import Run

from functions.worker.core.decision import next_step
from functions.worker.core.observation import CallsSeen, ProviderBusy, RequestedCall, Woken
from functions.worker.core.steps import (
    EndRun,
    HandOutCalls,
    Listen,
    LookAgain,
    LookAtTurn,
    RecordCalls,
    Rest,
    Step,
    SubmitTurn,
)
from functions.worker.time_left import TimeLeft
from tests.unit.worker.test_decision import NOW, a_call, a_run, a_turn

CHECK = Woken(by="check")
A_MOMENT = timedelta(microseconds=1)


def idle(run: Run) -> Step:
    return next_step(run, Woken(by="webhook", about="resp_1", says="idle"), None, NOW)


# -- when to look again ---------------------------------------------------------------------------


@pytest.mark.parametrize("attempt", range(12))
def test_a_busy_provider_is_asked_after_ever_longer_waits_of_a_minute_at_most(attempt):
    step = next_step(a_run(), Woken(by="check", attempt=attempt), ProviderBusy("busy", None), NOW)

    assert isinstance(step, LookAgain)
    assert step.delay_seconds == [1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60, 60][attempt]


def test_answers_that_do_not_show_are_looked_for_after_two_and_five_seconds_and_then_given_again():
    run = a_run(kind="session", status="in_progress")
    asked = a_turn(status="requires_action", recorded=(a_call(output=Stored("inline:x")),))

    steps = [next_step(run, Woken(by="webhook", attempt=attempt), asked, NOW) for attempt in range(3)]

    assert [step.delay_seconds for step in steps if isinstance(step, LookAgain)] == [2, 5]
    assert isinstance(steps[-1], SubmitTurn)


def test_a_sessions_first_idle_is_looked_at_two_seconds_later():
    assert idle(a_run(kind="session")) == Listen("idle", 2)


@pytest.mark.parametrize(
    ("facts", "step"),
    [
        ({}, Listen("in_progress", None)),
        ({"heard": "idle"}, Listen("in_progress", None)),
        ({"heard": "in_progress"}, Rest("the session is at work")),
        ({"turn": 2}, Rest("the session is at work")),
    ],
)
def test_a_session_that_says_it_works_is_believed_once(facts, step):
    run = a_run(kind="session", provider_id="resp_1", **facts)

    assert next_step(run, Woken(by="webhook", about="resp_1", says="in_progress"), None, NOW) == step


@pytest.mark.parametrize(
    "later",
    [{"turn": 2}, {"heard": "idle"}, {"heard": "in_progress"}, {"status": "cancelling"}],
    ids=str,
)
def test_any_later_idle_is_looked_at_at_once(later):
    assert isinstance(idle(a_run(kind="session", **later)), LookAtTurn)


@pytest.mark.parametrize(("early", "is_due"), [(0, True), (5, True), (5.1, False), (40, False)])
def test_a_check_may_come_five_seconds_early(early, is_due):
    due_at = NOW + timedelta(seconds=early)
    run = a_run(due_at=due_at, updated_at=NOW - timedelta(hours=1))

    assert isinstance(next_step(run, CHECK, None, NOW), LookAtTurn if is_due else Rest)


# -- which calls are queued -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "by", "is_queued"),
    [
        ({"lease_until": NOW - A_MOMENT}, "check", True),
        ({"lease_until": NOW}, "check", False),
        ({"lease_until": NOW + A_MOMENT}, "check", False),
        ({"lease_until": None}, "check", False),
        ({"lease_until": NOW - A_MOMENT}, "decided", False),
        ({"lease_until": NOW - A_MOMENT, "outcome": "awaiting_decision"}, "check", False),
        ({"lease_until": NOW - A_MOMENT, "executor": "external"}, "check", False),
        ({"lease_until": NOW - A_MOMENT, "same_as": "00001#call_0"}, "check", False),
    ],
)
def test_a_check_brings_back_a_call_whose_owner_died_and_nothing_else_does(facts, by, is_queued):
    run = a_run(status="requires_action", due_at=NOW)
    call = a_call(**{"outcome": "running", **facts})

    step = next_step(run, Woken(by=by), CallsSeen((call,)), NOW)

    queued = step.runnable if isinstance(step, HandOutCalls) else ()
    assert queued == ((call,) if is_queued else ())


# -- how much a turn may ask for -----------------------------------------------------------------------


@pytest.mark.parametrize(("calls", "expected"), [(1000, RecordCalls), (1001, EndRun)])
def test_a_turn_may_ask_for_a_thousand_calls(calls, expected):
    asked = tuple(RequestedCall(f"call_{number}", "get_order", "{}") for number in range(calls))

    assert isinstance(next_step(a_run(), Woken(by="webhook"), a_turn(calls=asked), NOW), expected)


# -- how long a request may take ---------------------------------------------------------------------------


@pytest.mark.parametrize(("seconds", "is_enough"), [(1, False), (13, False), (15, True)])
def test_a_request_is_begun_while_there_is_time_to_connect_and_for_an_answer(seconds, is_enough):
    time_left = TimeLeft()
    time_left.clock = SimpleNamespace(get_remaining_time_in_millis=lambda: seconds * 1000)

    assert time_left.is_enough() is is_enough

"""What an observation means for a run."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from runrelay.payloads import Stored
from runrelay.records import Call, Failure, Run
from runrelay.status import EXITS, STATUSES, is_terminal

from functions.worker.core.decision import NOT_KNOWN_DELAYS_SECONDS, next_step
from functions.worker.core.observation import (
    AnswerLost,
    CallsSeen,
    ProviderBusy,
    ProviderRefused,
    RequestedCall,
    TurnNotKnown,
    TurnSeen,
    Woken,
)
from functions.worker.core.steps import (
    AdoptTurn,
    AwaitSubmission,
    DisownTurn,
    EndRun,
    LookAgain,
    LookAtCalls,
    LookAtTurn,
    QueueCalls,
    RecordCalls,
    Rest,
    SubmitTurn,
)

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
WEBHOOK = Woken(by="webhook", about="resp_1")
REQUESTED = RequestedCall("call_1", "get_order", "{}")


def a_run(**facts: Any) -> Run:
    run = Run(
        run_id="run_1",
        kind="response",
        status="in_progress",
        request_key="request#run_1",
        tools=("get_order",),
        metadata={},
        created_at=NOW,
        updated_at=NOW,
        deadline_at=NOW + timedelta(hours=1),
        max_turns=20,
        turn=1,
        provider_id="resp_1",
    )
    return replace(run, **facts)


def a_queued_run(**facts: Any) -> Run:
    return a_run(**{"status": "queued", "turn": 0, "provider_id": None, **facts})


def a_turn(**facts: Any) -> TurnSeen:
    turn = TurnSeen(
        provider_id="resp_1",
        status="completed",
        calls=(),
        unanswerable=(),
        output_text="hello",
        usage=None,
        error=None,
        run_turn=1,
        body={},
    )
    return replace(turn, **facts)


def a_call(**facts: Any) -> Call:
    call = Call(
        run_id="run_1",
        turn=1,
        call_id="call_1",
        name="get_order",
        arguments=Stored("inline:{}"),
        effect="pure",
        outcome="succeeded",
        created_at=NOW,
    )
    return replace(call, **facts)


def in_flight(**facts: Any) -> dict[str, Any]:
    return {
        "submitting_turn": 1,
        "submitting_by": "w",
        "submitting_until": NOW + timedelta(seconds=30),
        **facts,
    }


@pytest.mark.parametrize("status", [status for status in STATUSES if is_terminal(status)])
@pytest.mark.parametrize(
    "seen",
    [
        WEBHOOK,
        a_turn(),
        a_turn(status="failed"),
        CallsSeen((a_call(outcome="pending"),), WEBHOOK),
        TurnNotKnown(9),
        ProviderBusy("429", 0, 5),
        ProviderRefused(Failure("x", "y")),
    ],
    ids=lambda seen: type(seen).__name__,
)
def test_nothing_moves_a_run_that_is_over(status, seen):
    assert isinstance(next_step(a_run(status=status), seen, NOW), Rest)


def test_a_status_without_exits_is_terminal_and_every_exit_is_a_status():
    assert {status for status in STATUSES if is_terminal(status)} == {
        "completed",
        "incomplete",
        "failed",
        "cancelled",
        "expired",
        "lost",
    }
    assert set(EXITS) == set(STATUSES)
    assert {status for exits in EXITS.values() for status in exits} < set(STATUSES)


def test_a_new_run_has_its_first_turn_submitted():
    assert next_step(a_queued_run(), Woken(by="created"), NOW) == SubmitTurn(1, ())


def test_a_turn_that_somebody_is_submitting_is_left_to_them():
    run = a_queued_run(**in_flight())

    assert isinstance(next_step(run, Woken(by="created"), NOW), Rest)


def test_a_message_that_came_back_waits_for_the_submission_it_may_have_died_in():
    run = a_queued_run(**in_flight())

    step = next_step(run, Woken(by="created", is_redelivery=True), NOW)

    assert step == AwaitSubmission(30)


def test_a_submission_whose_lease_ran_out_is_made_again():
    run = a_queued_run(**in_flight(submitting_until=NOW))

    assert next_step(run, Woken(by="created", is_redelivery=True), NOW) == SubmitTurn(1, ())


def test_a_lost_answer_leaves_the_submission_to_its_webhook():
    assert next_step(a_queued_run(**in_flight()), AnswerLost(), NOW) == AwaitSubmission(30)


def test_a_webhook_about_the_current_turn_means_look():
    assert next_step(a_run(), WEBHOOK, NOW) == LookAtTurn()


def test_a_webhook_about_an_earlier_turn_means_nothing():
    assert isinstance(next_step(a_run(turn=2, provider_id="resp_2"), WEBHOOK, NOW), Rest)


@pytest.mark.parametrize("by", ["created", "call_ended"])
def test_a_late_nudge_costs_no_look_once_the_next_turn_has_begun(by):
    assert isinstance(next_step(a_run(), Woken(by=by), NOW), Rest)


@pytest.mark.parametrize("status", ["queued", "in_progress", "a_word_of_tomorrow"])
def test_a_turn_that_has_not_ended_is_waited_for(status):
    assert isinstance(next_step(a_run(), a_turn(status=status), NOW), Rest)


def test_a_turn_that_ended_without_calls_completes_the_run():
    assert next_step(a_run(), a_turn(), NOW) == EndRun("completed", None, a_turn())


def test_a_turn_that_ended_with_calls_is_not_the_end():
    turn = a_turn(calls=(REQUESTED,))

    assert next_step(a_run(), turn, NOW) == RecordCalls(turn, (REQUESTED,))


@pytest.mark.parametrize("status", ["failed", "incomplete", "cancelled"])
def test_a_turn_that_ended_badly_ends_the_run_alike_whatever_it_asked_for(status):
    turn = a_turn(status=status, error=Failure("code", "words"), calls=(REQUESTED,))

    assert next_step(a_run(), turn, NOW) == EndRun(status, Failure("code", "words"), turn)


def test_an_item_that_nobody_can_answer_fails_the_run_by_name_and_runs_no_call():
    step = next_step(a_run(), a_turn(unanswerable=("hologram",), calls=(REQUESTED,)), NOW)

    assert isinstance(step, EndRun)
    assert (step.status, step.error and step.error.code) == ("failed", "unanswerable_output")
    assert "hologram" in str(step.error)


def test_the_calls_of_one_turn_too_many_are_not_run():
    step = next_step(a_run(turn=3, max_turns=3), a_turn(calls=(REQUESTED,)), NOW)

    assert isinstance(step, EndRun)
    assert (step.status, step.error and step.error.code) == ("incomplete", "max_turns")


def test_a_run_that_waits_for_calls_looks_at_them():
    assert next_step(a_run(status="requires_action"), Woken(by="call_ended"), NOW) == LookAtCalls()


def test_a_turn_is_submitted_only_when_all_its_calls_are_over():
    run = a_run(status="requires_action")
    over = (a_call(), a_call(call_id="call_2", outcome="failed"))
    woken = Woken(by="call_ended")

    assert next_step(run, CallsSeen(over, woken), NOW) == SubmitTurn(2, over)
    for outcome in ("pending", "running", "awaiting_decision"):
        calls = (*over, a_call(call_id="call_3", outcome=outcome))
        assert isinstance(next_step(run, CallsSeen(calls, woken), NOW), Rest)


def test_calls_that_nobody_has_claimed_are_queued_again_unless_a_sibling_just_ended():
    run = a_run(status="requires_action")
    pending = a_call(call_id="call_2", outcome="pending")
    calls = (a_call(), pending)

    assert next_step(run, CallsSeen(calls, WEBHOOK), NOW) == QueueCalls((pending,))
    assert isinstance(next_step(run, CallsSeen(calls, Woken(by="call_ended")), NOW), Rest)
    redelivered = Woken(by="call_ended", is_redelivery=True)
    assert next_step(run, CallsSeen(calls, redelivered), NOW) == QueueCalls((pending,))


@pytest.mark.parametrize("attempt", range(len(NOT_KNOWN_DELAYS_SECONDS)))
def test_a_turn_not_known_yet_is_looked_for_again(attempt):
    step = next_step(a_run(), TurnNotKnown(attempt), NOW)

    assert isinstance(step, LookAgain)
    assert (step.delay_seconds, step.attempt) == (NOT_KNOWN_DELAYS_SECONDS[attempt], attempt + 1)


def test_a_turn_that_stays_unknown_is_lost():
    step = next_step(a_run(), TurnNotKnown(len(NOT_KNOWN_DELAYS_SECONDS)), NOW)

    assert isinstance(step, EndRun)
    assert step.status == "lost"


@pytest.mark.parametrize(
    ("busy", "delay"),
    [
        (ProviderBusy("429", 0, 30), 30),
        (ProviderBusy("500", 0, None), 1),
        (ProviderBusy("500", 3, None), 8),
        (ProviderBusy("500", 30, None), 60),
    ],
)
def test_a_busy_provider_is_left_alone_for_as_long_as_it_says_or_ever_longer(busy, delay):
    assert next_step(a_run(), busy, NOW) == LookAgain(delay, busy.attempt + 1, busy.why)


def test_a_refusal_ends_the_run_with_the_providers_words():
    step = next_step(a_run(), ProviderRefused(Failure("invalid_api_key", "no")), NOW)

    assert step == EndRun("failed", Failure("invalid_api_key", "no"), None)


def test_a_run_past_its_deadline_expires_whatever_woke_it():
    run = a_run(deadline_at=NOW)

    step = next_step(run, WEBHOOK, NOW)

    assert isinstance(step, EndRun)
    assert step.status == "expired"


def test_the_first_turn_seen_of_a_lost_answer_is_adopted():
    run = a_queued_run(**in_flight())

    assert next_step(run, a_turn(), NOW) == AdoptTurn(a_turn())


def test_a_turn_whose_submission_was_given_back_is_still_adopted():
    run = a_queued_run(submitting_turn=1)

    assert next_step(run, a_turn(), NOW) == AdoptTurn(a_turn())


def test_a_follow_up_whose_answer_was_lost_is_adopted_too():
    run = a_run(status="requires_action", **in_flight(submitting_turn=2))
    turn = a_turn(provider_id="resp_2", run_turn=2)

    assert next_step(run, turn, NOW) == AdoptTurn(turn)


@pytest.mark.parametrize("run", [a_run(), a_run(status="completed")], ids=["in progress", "over"])
def test_a_second_turn_of_the_same_number_is_an_orphan(run):
    turn = a_turn(provider_id="resp_twin", status="in_progress")

    assert next_step(run, turn, NOW) == DisownTurn(1, "resp_twin")

"""What an observation means for a run."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from contracts.payloads import Stored
from contracts.records import Call, Failure, Run
from contracts.status import EXITS, STATUSES, is_terminal

from functions.worker.core.after_refusal import MIN_PATIENCE
from functions.worker.core.before_looking import CLOCK_SKEW
from functions.worker.core.decision import next_step
from functions.worker.core.observation import (
    AnswerLost,
    CallsSeen,
    Doubtful,
    GateClosed,
    ProviderBusy,
    ProviderRefused,
    RequestedCall,
    TooEarly,
    TurnNotKnown,
    TurnSeen,
    Woken,
)
from functions.worker.core.retried_turns import delay_seconds
from functions.worker.core.steps import (
    CANCELLED,
    AdoptTurn,
    BeginAgain,
    CancelTurn,
    CheckAgain,
    CheckOnTime,
    DeleteRun,
    DisownTurn,
    EndRun,
    HandOutCalls,
    LookAgain,
    LookAtCalls,
    LookAtTurn,
    RecordCalls,
    Rest,
    SubmitTurn,
)

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
WEBHOOK = Woken(by="webhook", about="resp_1")
CHECK = Woken(by="check")
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
        None,
        a_turn(),
        a_turn(status="failed"),
        CallsSeen((a_call(outcome="pending"),)),
        TurnNotKnown(),
        ProviderBusy("429", 5),
        ProviderRefused(Failure("x", "y")),
    ],
    ids=lambda seen: type(seen).__name__,
)
def test_nothing_moves_a_run_that_is_over(status, seen):
    assert isinstance(next_step(a_run(status=status), WEBHOOK, seen, NOW), Rest)


@pytest.mark.parametrize("by", ["delete", "check"])
def test_a_run_that_is_to_be_deleted_is_when_that_is_due(by):
    wanted = a_run(status="completed", deletion_requested_at=NOW, due_at=NOW)
    put_off = replace(wanted, due_at=NOW + timedelta(minutes=1))

    assert next_step(wanted, Woken(by=by), None, NOW) == DeleteRun()
    assert next_step(put_off, Woken(by=by), None, NOW) == Rest("the run is being deleted")


@pytest.mark.parametrize(
    "woken",
    [
        WEBHOOK,
        *(Woken(by=by) for by in ("created", "call_ended", "decision_needed", "decided", "cancel", "stop")),
        Woken(by="announce", attempt=1),
        Woken(by="call_ended", is_redelivery=True),
    ],
)
def test_nothing_else_is_done_about_a_run_that_is_to_be_deleted(woken):
    wanted = a_run(status="completed", deletion_requested_at=NOW, due_at=NOW)

    assert next_step(wanted, woken, None, NOW) == Rest("the run is being deleted")


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
    assert {status for exits in EXITS.values() for status in exits} <= set(STATUSES)


def test_a_new_run_has_its_first_turn_submitted():
    assert next_step(a_queued_run(), Woken(by="created"), None, NOW) == SubmitTurn(1, ())


def test_a_turn_that_somebody_is_submitting_is_left_to_them():
    run = a_queued_run(**in_flight())

    assert isinstance(next_step(run, Woken(by="created"), None, NOW), Rest)


def test_a_message_that_came_back_waits_for_the_submission_it_may_have_died_in():
    run = a_queued_run(**in_flight())

    step = next_step(run, Woken(by="created", is_redelivery=True), None, NOW)

    assert step == LookAgain(30, 0, "the turn is being submitted")


def test_a_submission_whose_lease_ran_out_is_made_again():
    run = a_queued_run(**in_flight(submitting_until=NOW))

    assert next_step(run, Woken(by="created", is_redelivery=True), None, NOW) == SubmitTurn(1, ())


def test_a_lost_answer_leaves_the_submission_to_its_webhook():
    assert next_step(a_queued_run(**in_flight()), WEBHOOK, AnswerLost(), NOW) == LookAgain(
        30, 0, "the turn is being submitted"
    )


def test_a_webhook_about_the_current_turn_means_look():
    assert next_step(a_run(), WEBHOOK, None, NOW) == LookAtTurn()


def test_a_webhook_about_an_earlier_turn_means_nothing():
    assert isinstance(next_step(a_run(turn=2, provider_id="resp_2"), WEBHOOK, None, NOW), Rest)


@pytest.mark.parametrize("by", ["created", "call_ended"])
def test_a_late_nudge_costs_no_look_once_the_next_turn_has_begun(by):
    assert isinstance(next_step(a_run(), Woken(by=by), None, NOW), Rest)


@pytest.mark.parametrize("status", ["queued", "in_progress", "a_word_of_tomorrow"])
def test_a_turn_that_has_not_ended_is_waited_for(status):
    assert isinstance(next_step(a_run(), WEBHOOK, a_turn(status=status), NOW), Rest)


def test_a_turn_that_ended_without_calls_completes_the_run():
    assert next_step(a_run(), WEBHOOK, a_turn(), NOW) == EndRun("completed", None, a_turn())


def test_a_turn_that_ended_with_calls_is_not_the_end():
    turn = a_turn(calls=(REQUESTED,))

    assert next_step(a_run(), WEBHOOK, turn, NOW) == RecordCalls(turn, (REQUESTED,))


@pytest.mark.parametrize("status", ["failed", "incomplete", "cancelled"])
def test_a_turn_that_ended_badly_ends_the_run_alike_whatever_it_asked_for(status):
    turn = a_turn(status=status, error=Failure("code", "words"), calls=(REQUESTED,))

    assert next_step(a_run(), WEBHOOK, turn, NOW) == EndRun(status, Failure("code", "words"), turn)


PASSING = a_turn(status="failed", error=Failure("server_error", "boom"))


@pytest.mark.parametrize("code", ["server_error", "rate_limit_exceeded"])
def test_a_response_that_failed_for_a_reason_that_passes_is_begun_again(code):
    turn = a_turn(status="failed", error=Failure(code, "no"))

    assert next_step(a_run(), WEBHOOK, turn, NOW, turn_retries=1) == BeginAgain(turn)


RETRIED = {"turn": 1, "started_at": "", "at": "", "code": "server_error"}


@pytest.mark.parametrize(
    ("run", "turn"),
    [
        (a_run(retried_turns={"resp_0": RETRIED}), PASSING),
        (a_run(turn=9, retried_turns={f"resp_{n}x": {**RETRIED, "turn": n % 8} for n in range(20)}), PASSING),
        (a_run(status="cancelling"), PASSING),
        (a_run(kind="session"), PASSING),
        (a_run(kind="thread"), PASSING),
        (a_run(), replace(PASSING, error=Failure("invalid_prompt", "no"))),
        (a_run(), replace(PASSING, error=None)),
        (a_run(), replace(PASSING, status="incomplete")),
        (a_run(), replace(PASSING, may_have_acted=True)),
    ],
)
def test_a_turn_that_may_not_be_begun_again_ends_the_run(run, turn):
    step = next_step(run, WEBHOOK, turn, NOW, turn_retries=1)

    assert isinstance(step, EndRun)
    assert step.status == turn.status


def test_a_turn_of_a_run_that_is_to_be_cancelled_is_not_begun_again():
    step = next_step(a_run(cancel_requested_at=NOW), WEBHOOK, PASSING, NOW, turn_retries=1)

    assert isinstance(step, EndRun)


@pytest.mark.parametrize(("retries", "seconds"), [(0, 5), (1, 10), (2, 20), (3, 40), (4, 60), (20, 60)])
def test_a_turn_that_failed_again_is_begun_again_ever_later(retries, seconds):
    run = a_run(retried_turns={f"resp_{number}x": RETRIED for number in range(retries)})

    assert delay_seconds(run) == seconds


def test_a_turn_that_was_begun_again_is_neither_adopted_nor_disowned():
    run = a_queued_run(**in_flight(), retried_turns={"resp_1": RETRIED})

    assert isinstance(next_step(run, WEBHOOK, PASSING, NOW, turn_retries=1), Rest)


@pytest.mark.parametrize("status", ["failed", "incomplete", "expired"])
def test_a_turn_that_ended_badly_and_does_not_say_why_ends_the_run_with_a_word(status):
    step = next_step(a_run(), WEBHOOK, a_turn(status=status), NOW)

    assert isinstance(step, EndRun)
    assert (step.status, step.error and step.error.code) == (status, status)


def test_an_item_that_nobody_can_answer_fails_the_run_by_name_and_runs_no_call():
    step = next_step(a_run(), WEBHOOK, a_turn(unanswerable=("hologram",), calls=(REQUESTED,)), NOW)

    assert isinstance(step, EndRun)
    assert (step.status, step.error and step.error.code) == ("failed", "unanswerable_output")
    assert "hologram" in str(step.error)


@pytest.mark.parametrize(
    "calls",
    [
        [replace(REQUESTED, call_id="call_\ufffd")],
        [replace(REQUESTED, call_id="c" * 513)],
        [replace(REQUESTED, call_id=".")],
        [REQUESTED, replace(REQUESTED, call_id="\u00e9" * 257)],
        [replace(REQUESTED, provider_turn_id="turn_\ufffd")],
        [replace(REQUESTED, provider_turn_id="")],
        [replace(REQUESTED, caller={"type": "program", "caller_id": "\ufffd"})],
        [replace(REQUESTED, caller={"type": "x" * 2000})],
        [REQUESTED, replace(REQUESTED, arguments='{"order_id": "A-2"}')],
        [REQUESTED, REQUESTED],
        [replace(REQUESTED, call_id=f"call_{number}") for number in range(1001)],
    ],
    ids=lambda calls: str(calls)[:60],
)
def test_calls_that_cannot_all_be_kept_told_apart_and_answered_end_the_run_by_name(calls):
    step = next_step(a_run(), WEBHOOK, a_turn(calls=tuple(calls)), NOW)

    assert isinstance(step, EndRun)
    assert (step.status, step.error and step.error.code) == ("failed", "unanswerable_output")


def test_calls_with_the_strangest_ids_that_can_be_kept_are_recorded():
    ids = ("c" * 512, "a/b", "\0\n", "zz", "\u00e9")
    longest = {"type": "x" * (1000 - len(repr({"type": ""})))}
    others = [replace(REQUESTED, call_id=call_id) for call_id in ids]
    calls = (replace(REQUESTED, name="\u00e9" * 256, caller=longest), *others)

    assert isinstance(next_step(a_run(), WEBHOOK, a_turn(calls=calls), NOW), RecordCalls)


def test_the_calls_of_one_turn_too_many_are_not_run():
    step = next_step(a_run(turn=3, max_turns=3), WEBHOOK, a_turn(calls=(REQUESTED,)), NOW)

    assert isinstance(step, EndRun)
    assert (step.status, step.error and step.error.code) == ("incomplete", "max_turns")


def test_a_run_that_waits_for_calls_looks_at_them():
    assert next_step(a_run(status="requires_action"), Woken(by="call_ended"), None, NOW) == LookAtCalls()


def test_a_turn_is_submitted_only_when_all_its_calls_are_over():
    run = a_run(status="requires_action")
    over = (a_call(), a_call(call_id="call_2", outcome="failed"))
    woken = Woken(by="call_ended")

    assert next_step(run, woken, CallsSeen(over), NOW) == SubmitTurn(2, over)
    for outcome in ("pending", "running", "awaiting_decision"):
        calls = (*over, a_call(call_id="call_3", outcome=outcome))
        assert isinstance(next_step(run, woken, CallsSeen(calls), NOW), Rest)


def test_calls_that_nobody_has_claimed_are_queued_again_unless_a_sibling_just_ended():
    run = a_run(status="requires_action")
    pending = a_call(call_id="call_2", outcome="pending")
    calls = (a_call(), pending)

    assert next_step(run, WEBHOOK, CallsSeen(calls), NOW) == HandOutCalls((pending,), ())
    assert isinstance(next_step(run, Woken(by="call_ended"), CallsSeen(calls), NOW), Rest)
    redelivered = Woken(by="call_ended", is_redelivery=True)
    assert next_step(run, redelivered, CallsSeen(calls), NOW) == HandOutCalls((pending,), ())


REFUSAL = Failure("previous_response_not_found", "no")

MAY_PASS = pytest.mark.parametrize(
    ("seen", "status"),
    [(TurnNotKnown(), "lost"), (Doubtful(REFUSAL), "failed"), (TooEarly(REFUSAL), "failed")],
    ids=lambda each: type(each).__name__,
)


def looks_until_the_end(run: Run, seen: Any, by: timedelta = timedelta()) -> tuple[EndRun, timedelta]:
    """Look again each time it is asked, from a moment on; give the end, and how long it took."""
    now = run.created_at + by
    for _ in range(1000):
        step = next_step(run, CHECK, seen, now)
        if isinstance(step, EndRun):
            return step, now - run.created_at - by
        assert isinstance(step, LookAgain)
        run = replace(run, doubted_since=step.doubted_since)
        now += timedelta(seconds=step.delay_seconds)
    raise AssertionError("it never ends")


@MAY_PASS
def test_a_refusal_that_may_pass_is_asked_again_for_more_than_a_minute_and_then_believed(seen, status):
    end, took = looks_until_the_end(a_run(), seen)

    assert end.status == status
    assert MIN_PATIENCE <= took <= MIN_PATIENCE + timedelta(seconds=30)


@MAY_PASS
@pytest.mark.parametrize(("age", "least"), [(20, 5), (60, 15), (1000, 15)])
def test_the_longer_a_run_has_existed_the_longer_it_is_asked(seen, status, age, least):
    end, took = looks_until_the_end(a_run(), seen, timedelta(minutes=age))

    assert end.status == status
    assert timedelta(minutes=least) <= took <= timedelta(minutes=15, seconds=30)


@pytest.mark.parametrize("seen", [TurnNotKnown(), Doubtful(REFUSAL), TooEarly(REFUSAL)], ids=str)
def test_what_was_put_off_for_other_reasons_counts_for_no_doubt(seen):
    step = next_step(a_run(), Woken(by="check", attempt=30), seen, NOW)

    assert isinstance(step, LookAgain)
    assert (step.delay_seconds, step.doubted_since) == (1, NOW)


def test_a_busy_provider_in_between_ends_the_doubt():
    step = next_step(a_run(doubted_since=NOW), CHECK, ProviderBusy("503", None), NOW)

    assert isinstance(step, LookAgain)
    assert (step.delay_seconds, step.attempt, step.why, step.doubted_since) == (1, 1, "503", None)


@MAY_PASS
def test_a_turn_that_stays_unknown_or_refused_is_stopped_only_where_it_may_be(seen, status):
    end, _ = looks_until_the_end(a_queued_run(), seen)

    assert end.status == status
    assert not end.stops_turn or isinstance(seen, TooEarly)


def test_a_turn_at_work_is_stopped_when_a_refusal_is_believed():
    end, _ = looks_until_the_end(a_run(), Doubtful(REFUSAL))

    assert end.stops_turn


def test_a_turn_that_stays_unknown_is_lost():
    end, _ = looks_until_the_end(a_run(), TurnNotKnown())

    assert (end.status, end.error and end.error.code) == ("lost", "not_found")


@pytest.mark.parametrize(
    ("busy", "attempt", "delay"),
    [
        (ProviderBusy("429", 30), 0, 30),
        (ProviderBusy("500", None), 0, 1),
        (ProviderBusy("500", None), 3, 8),
        (ProviderBusy("500", None), 30, 60),
    ],
)
def test_a_busy_provider_is_left_alone_for_as_long_as_it_says_or_ever_longer(busy, attempt, delay):
    woken = Woken(by="check", attempt=attempt)

    step = next_step(a_run(), woken, busy, NOW)

    assert isinstance(step, LookAgain)
    assert (step.delay_seconds, step.attempt, step.why) == (delay, attempt + 1, busy.why)


def test_trouble_at_the_provider_is_told_once_and_only_if_it_lasts_a_minute():
    run, now, told = a_run(), NOW, []
    for attempt in range(9):
        step = next_step(run, Woken(by="check", attempt=attempt), ProviderBusy("503", None), now)
        assert isinstance(step, LookAgain)
        told.append(step.tells)
        run = replace(run, trouble=step.trouble)
        now += timedelta(seconds=step.delay_seconds)

    assert [attempt for attempt, tells in enumerate(told) if tells] == [5]  # when it will have been 63 s
    assert run.trouble == {"since": "2026-11-21T09:30:00.000Z", "is_told": True}


def test_a_closed_gate_is_trouble_like_any_other_and_says_what_it_was_closed_for():
    waits = next_step(a_run(), CHECK, GateClosed(300, "rate_limit_exceeded"), NOW)
    passes = next_step(a_run(), CHECK, GateClosed(2), NOW)

    assert isinstance(waits, LookAgain)
    assert (waits.tells, waits.why) == (True, "the provider's gate is closed: rate_limit_exceeded")
    assert isinstance(passes, LookAgain)
    assert (passes.tells, passes.why) == (False, "the provider's gate is closed")


def test_a_missing_key_is_told_at_once():
    step = next_step(a_run(), CHECK, ProviderBusy("no key", None, is_ours=True), NOW)

    assert isinstance(step, LookAgain)
    assert step.tells


@pytest.mark.parametrize(
    "run", [a_run(), a_run(status="cancelling"), a_queued_run()], ids=lambda run: run.status
)
def test_a_refusal_ends_the_run_with_the_providers_words_and_stops_what_may_be_at_work(run):
    step = next_step(run, WEBHOOK, ProviderRefused(Failure("invalid_api_key", "no")), NOW)

    assert step == EndRun(
        "failed",
        Failure("invalid_api_key", "no"),
        None,
        stops_turn=run.status in ("in_progress", "cancelling"),
    )


def test_a_run_past_its_deadline_expires_whatever_woke_it():
    run = a_run(deadline_at=NOW)

    step = next_step(run, WEBHOOK, None, NOW)

    assert isinstance(step, EndRun)
    assert step.status == "expired"


def test_the_first_turn_seen_of_a_lost_answer_is_adopted():
    run = a_queued_run(**in_flight())

    assert next_step(run, WEBHOOK, a_turn(), NOW) == AdoptTurn(a_turn())


def test_a_turn_whose_submission_was_given_back_is_still_adopted():
    run = a_queued_run(submitting_turn=1)

    assert next_step(run, WEBHOOK, a_turn(), NOW) == AdoptTurn(a_turn())


def test_a_follow_up_whose_answer_was_lost_is_adopted_too():
    run = a_run(status="requires_action", **in_flight(submitting_turn=2))
    turn = a_turn(provider_id="resp_2", run_turn=2)

    assert next_step(run, WEBHOOK, turn, NOW) == AdoptTurn(turn)


@pytest.mark.parametrize("run", [a_run(), a_run(status="completed")], ids=["in progress", "over"])
def test_a_second_turn_of_the_same_number_is_an_orphan(run):
    turn = a_turn(provider_id="resp_twin", status="in_progress")

    assert next_step(run, WEBHOOK, turn, NOW) == DisownTurn(1, "resp_twin")


def test_a_turn_that_nobody_awaits_is_an_orphan_by_its_own_number_or_the_runs():
    run = a_run(turn=3)

    numbered = next_step(run, WEBHOOK, a_turn(provider_id="resp_twin", run_turn=2), NOW)
    unnumbered = next_step(run, WEBHOOK, a_turn(provider_id="resp_twin", run_turn=None), NOW)

    assert (numbered, unnumbered) == (DisownTurn(2, "resp_twin"), DisownTurn(3, "resp_twin"))


@pytest.mark.parametrize(
    ("run", "seen", "step"),
    [
        (a_run(cancel_requested_at=NOW), a_turn(status="in_progress"), CancelTurn),
        (a_run(cancel_requested_at=NOW), a_turn(), EndRun),
        (a_run(cancel_requested_at=NOW, status="cancelling"), a_turn(status="in_progress"), Rest),
    ],
    ids=["at work", "over", "being stopped"],
)
def test_a_turn_at_work_of_a_run_that_is_to_be_cancelled_is_stopped_once(run, seen, step):
    assert isinstance(next_step(run, WEBHOOK, seen, NOW), step)


@pytest.mark.parametrize(
    ("kind", "seen", "step"),
    [
        ("session", a_turn(status="requires_action"), LookAtCalls),
        ("session", a_turn(status="requires_action", calls=(REQUESTED,)), RecordCalls),
        ("session", a_turn(), EndRun),
        ("response", a_turn(status="requires_action", calls=(REQUESTED,)), LookAtCalls),
        ("response", a_turn(), LookAtCalls),
    ],
)
def test_a_turn_whose_calls_are_at_work_goes_on_only_where_it_lives_on(kind, seen, step):
    run = a_run(kind=kind, status="requires_action")

    assert isinstance(next_step(run, WEBHOOK, seen, NOW), step)


@pytest.mark.parametrize("kind", ["session", "thread"])
@pytest.mark.parametrize(
    "seen",
    [a_turn(status="requires_action", calls=(REQUESTED,)), a_turn(status="completed")],
    ids=["asks", "ends"],
)
def test_what_comes_after_our_answers_is_of_the_turn_that_they_began(kind, seen):
    """Whoever gave them may not have written so yet."""
    run = a_run(kind=kind, status="requires_action", **in_flight(submitting_turn=2))

    assert next_step(run, WEBHOOK, seen, NOW) == AdoptTurn(replace(seen, run_turn=2))


@pytest.mark.parametrize("kind", ["session", "thread"])
@pytest.mark.parametrize("status", ["failed", "cancelled", "expired"])
def test_what_may_have_ended_without_our_answers_ends_in_its_own_turn(kind, status):
    run = a_run(kind=kind, status="requires_action", **in_flight(submitting_turn=2))

    assert isinstance(next_step(run, WEBHOOK, a_turn(status=status), NOW), EndRun)


def test_a_check_of_a_run_that_has_moved_costs_no_look():
    run = a_run(due_at=NOW + timedelta(minutes=1))

    assert isinstance(next_step(run, CHECK, None, NOW), Rest)


@pytest.mark.parametrize("due_at", [None, NOW, NOW + CLOCK_SKEW, NOW - timedelta(hours=1)])
def test_a_check_of_a_run_that_is_due_looks(due_at):
    run = a_run(due_at=due_at, updated_at=NOW - timedelta(minutes=1))

    assert next_step(run, CHECK, None, NOW) == LookAtTurn()


def test_a_check_that_was_sent_for_an_earlier_turn_plans_that_of_the_current_one_and_asks_nothing():
    run = a_run(turn=2, check_of_turn=1, due_at=NOW, updated_at=NOW - timedelta(seconds=20))

    assert next_step(run, CHECK, None, NOW) == CheckOnTime()
    assert next_step(run, WEBHOOK, None, NOW) == LookAtTurn()
    assert next_step(replace(run, status="requires_action"), CHECK, None, NOW) == LookAtCalls()
    assert isinstance(next_step(replace(run, due_at=NOW + timedelta(minutes=1)), CHECK, None, NOW), Rest)


def test_after_a_short_wait_a_check_that_comes_early_is_a_duplicate():
    run = a_run(due_at=NOW + timedelta(seconds=1), updated_at=NOW)

    assert isinstance(next_step(run, CHECK, None, NOW), Rest)
    assert next_step(run, CHECK, None, NOW + timedelta(seconds=0.6)) == LookAtTurn()


def test_a_check_that_finds_nothing_plans_the_next_one_and_no_webhook_does():
    run = a_run(due_at=NOW)
    turn = a_turn(status="in_progress")

    assert next_step(run, CHECK, turn, NOW) == CheckAgain()
    assert isinstance(next_step(run, WEBHOOK, turn, NOW), Rest)


def test_a_check_has_calls_that_nobody_claimed_queued_and_waits_for_those_at_work():
    run = a_run(status="requires_action", due_at=NOW)
    pending, running = a_call(outcome="pending"), a_call(call_id="call_2", outcome="running")

    step = next_step(run, CHECK, CallsSeen((pending, running)), NOW)

    assert step == HandOutCalls((pending,), (), then=CheckAgain())
    assert next_step(run, CHECK, CallsSeen((running,)), NOW) == CheckAgain()


def test_a_check_that_has_calls_queued_comes_again_before_one_has_waited_long_enough_for_a_person():
    run, until = a_run(status="requires_action", due_at=NOW), NOW + timedelta(seconds=20)
    pending = a_call(outcome="pending")
    asked = a_call(call_id="call_2", outcome="awaiting_decision", wait_until=until)

    step = next_step(run, CHECK, CallsSeen((pending, asked)), NOW)

    assert step == HandOutCalls((pending,), (), then=CheckAgain(no_later_than=until))


def test_a_check_begins_a_run_that_nobody_was_told_of():
    assert next_step(a_queued_run(due_at=NOW), CHECK, None, NOW) == SubmitTurn(1, ())


CANCEL = Woken(by="cancel")


@pytest.mark.parametrize("run", [a_queued_run(), a_run(status="requires_action")], ids=lambda run: run.status)
def test_a_run_that_waits_for_us_is_cancelled_at_once(run):
    step = next_step(run, CANCEL, None, NOW)

    assert isinstance(step, EndRun)
    assert step.status == "cancelled"


@pytest.mark.parametrize("status", ["in_progress", "cancelling"])
def test_a_turn_at_work_is_stopped_at_the_provider(status):
    assert next_step(a_run(status=status), CANCEL, None, NOW) == CancelTurn()


def test_a_turn_that_is_being_submitted_is_cancelled_when_it_is_known_or_its_lease_has_run_out():
    run = a_queued_run(**in_flight(), cancel_requested_at=NOW, due_at=NOW)

    assert next_step(run, CANCEL, None, NOW) == LookAgain(30, 0, "the turn is being submitted")
    assert next_step(run, CHECK, None, NOW) == LookAgain(30, 0, "the turn is being submitted")
    assert isinstance(next_step(run, WEBHOOK, None, NOW), Rest)


def test_while_a_turn_is_being_submitted_one_check_at_a_time_waits_to_cancel_it():
    run = a_queued_run(**in_flight(), cancel_requested_at=NOW, due_at=NOW + timedelta(seconds=30))

    assert isinstance(next_step(run, CHECK, None, NOW), Rest)
    assert next_step(run, CANCEL, None, NOW) == LookAgain(30, 0, "the turn is being submitted")
    nobody_waits = replace(run, due_at=None)
    assert next_step(nobody_waits, CHECK, None, NOW) == LookAgain(30, 0, "the turn is being submitted")


@pytest.mark.parametrize(
    "woken", [CHECK, WEBHOOK, Woken(by="call_ended"), Woken(by="created")], ids=lambda w: w.by
)
def test_a_cancel_that_is_on_the_record_is_seen_whoever_looks(woken):
    run = a_run(cancel_requested_at=NOW, due_at=NOW + timedelta(minutes=5))

    assert next_step(run, woken, None, NOW) == CancelTurn()


@pytest.mark.parametrize(
    "seen",
    [a_turn(), a_turn(status="failed"), a_turn(calls=(REQUESTED,)), ProviderRefused(Failure("no", "No."))],
    ids=["completed", "failed", "with calls", "refused"],
)
def test_a_cancel_that_was_acknowledged_holds_however_the_turn_ended(seen):
    run = a_run(status="cancelling", cancel_requested_at=NOW)

    step = next_step(run, CHECK, seen, NOW)

    assert isinstance(step, EndRun)
    assert (step.status, step.error) == ("cancelled", CANCELLED)


def test_a_run_whose_cancel_was_acknowledged_is_cancelled_at_its_deadline():
    run = a_run(cancel_requested_at=NOW, deadline_at=NOW)

    assert next_step(run, CHECK, None, NOW) == EndRun("cancelled", CANCELLED, None, stops_turn=True)


def test_a_check_of_a_cancelling_run_cancels_again():
    assert next_step(a_run(status="cancelling", due_at=NOW), CHECK, None, NOW) == CancelTurn()


@pytest.mark.parametrize(
    ("turn", "status"),
    [
        (a_turn(status="cancelled"), "cancelled"),
        (a_turn(), "completed"),
        (a_turn(status="failed"), "failed"),
        (a_turn(calls=(REQUESTED,)), "cancelled"),
    ],
    ids=["cancelled", "completed", "failed", "with calls"],
)
def test_a_cancel_that_came_too_late_reports_the_real_ending_and_runs_no_call(turn, status):
    step = next_step(a_run(status="cancelling"), WEBHOOK, turn, NOW)

    assert isinstance(step, EndRun)
    assert step.status == status

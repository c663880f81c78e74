"""What an observation means for a run: facts in, a step out. No clock, no network, no environment."""

from datetime import datetime, timedelta
from math import ceil
from typing import assert_never

from runrelay.records import Call, Failure, Run
from runrelay.status import Status

from functions.worker.core.calls import closed_calls, waiting_until
from functions.worker.core.observation import (
    AnswerLost,
    CallsSeen,
    GateClosed,
    Observation,
    ProviderBusy,
    ProviderRefused,
    TooEarly,
    TurnNotKnown,
    TurnSeen,
    Woken,
)
from functions.worker.core.steps import (
    AdoptTurn,
    AnnounceEnd,
    AskPerson,
    AwaitSubmission,
    CancelTurn,
    CheckAgain,
    CloseCalls,
    DisownTurn,
    EndRun,
    Listen,
    LookAgain,
    LookAtCalls,
    LookAtTurn,
    NoteElsewhere,
    QueueCalls,
    RecordCalls,
    Rest,
    Step,
    SubmitTurn,
)

NOT_KNOWN_DELAYS_SECONDS = (1, 2, 4, 8)
"""A turn may be known a little later than its id; after these looks it counts as lost."""

TOO_EARLY_DELAYS_SECONDS = (1, 1, 2, 4, 8)
"""Answers may be expected a little later than they were asked for; after these they count as refused."""

STALE_DELAYS_SECONDS = (2, 5)
"""A provider may show for a moment what it asked for before; then our answer was lost, and is sent again."""

FIRST_IDLE_SECONDS = 2
"""A session that says `idle` at first may not have begun; it says `in_progress` by then if it has."""

MAX_BACKOFF_SECONDS = 60

CLOCK_SKEW = timedelta(seconds=5)
"""How far the clocks of two functions may differ, for a check that arrives on time to count as due.

After a short wait half of it: else every duplicate of a check would count as the next one.
"""

MAX_NAME_BYTES = 512
"""Of a call's id or of its tool's name: the id is part of a key, which DynamoDB limits to 1 KB."""

CANCELLED = Failure("cancelled", "The run was cancelled.")

_TURN_ENDINGS: dict[str, Status] = {
    "completed": "completed",
    "failed": "failed",
    "incomplete": "incomplete",
    "cancelled": "cancelled",
    "expired": "expired",
}

_ABOUT_CALLS = ("call_ended", "decision_needed", "decided")


def next_step(run: Run, woken: Woken, seen: Observation | None, now: datetime) -> Step:  # noqa: C901 - one case an observation
    """Decide what to do with a run.

    Args:
        woken: Why somebody looks.
        seen: What they saw besides the run's record; nothing yet, at first.
    """
    match seen:
        case TurnSeen():
            step = _keep_checking(_after_seeing_turn(run, seen, woken), woken)
        case _ if run.is_over:
            step = AnnounceEnd() if woken.is_redelivery else Rest("the run is over")
        case None:
            step = _after_waking(run, woken, now)
        case CallsSeen():
            step = _after_seeing_calls(run, seen, woken, now)
            step = _keep_checking(step, woken, no_later_than=waiting_until(seen.calls))
        case TurnNotKnown():
            step = _after_not_finding_turn(woken)
        case ProviderBusy():
            delay = seen.retry_after_seconds or min(2**woken.attempt, MAX_BACKOFF_SECONDS)
            step = LookAgain(delay, woken.attempt + 1, seen.why)
        case GateClosed():
            step = LookAgain(seen.seconds, woken.attempt, "the provider's gate is closed")
        case TooEarly():
            step = _after_too_early(seen, woken)
        case ProviderRefused():
            step = EndRun("failed", seen.error, None, stops_turn=_lives_on(run))
        case AnswerLost():
            step = AwaitSubmission(_seconds_left(run, now))
        case _:
            assert_never(seen)
    return step


def _lives_on(run: Run) -> bool:
    """Say whether the provider's side of a run outlives a turn, and waits there for what the turn asked."""
    return run.kind in ("session", "thread") and run.turn > 0


def _keep_checking(step: Step, woken: Woken, *, no_later_than: datetime | None = None) -> Step:
    """Go on with a run's checks after one that found nothing to do."""
    return CheckAgain(no_later_than) if woken.by == "check" and isinstance(step, Rest) else step


# -- before anything was seen -------------------------------------------------------------------------


def _after_waking(run: Run, woken: Woken, now: datetime) -> Step:
    if now >= run.deadline_at:
        may_be_at_work = run.status in ("in_progress", "cancelling") or _lives_on(run)
        error = Failure("deadline", "The run passed its deadline.")
        return EndRun("expired", error, None, stops_turn=may_be_at_work)
    if woken.about is not None and woken.about != run.provider_id:
        return Rest("the webhook is about an earlier turn")
    if woken.by == "check" and not _is_due(run, now):
        return Rest("the run has moved and is not due")
    if woken.by == "cancel":
        return _cancel(run, woken, now)
    return _after_session_spoke(run, woken) or _after_waking_in_time(run, woken, now)


def _is_due(run: Run, now: datetime) -> bool:
    if run.due_at is None:
        return True
    return run.due_at - min(CLOCK_SKEW, (run.due_at - run.updated_at) / 2) <= now


def _after_session_spoke(run: Run, woken: Woken) -> Step | None:
    """Tell when a session's webhook is nothing to look at: it has not begun yet, or has just begun.

    The first `idle` is from before the first turn, unless webhooks were lost or overtook each other. So it is
    looked at a moment later, and not at all if the session says that it works.
    """
    if woken.says == "created":
        return Rest("the session was created")
    is_first = run.status == "in_progress" and run.turn == 1
    if woken.says == "in_progress":
        is_news = is_first and run.heard != "in_progress"
        return Listen("in_progress", None) if is_news else Rest("the session is at work")
    if woken.says == "idle" and is_first and run.heard is None:
        return Listen("idle", FIRST_IDLE_SECONDS)
    return None


def _after_waking_in_time(run: Run, woken: Woken, now: datetime) -> Step:
    match run.status:
        case "queued":
            return _submit(run, (), woken, now)
        case "requires_action":
            return LookAtTurn() if woken.by == "webhook" and _lives_on(run) else LookAtCalls()
        case "cancelling" if woken.by == "check":
            return CancelTurn()
        case _ if woken.by == "created" or woken.by in _ABOUT_CALLS:
            return Rest("the turn it was for has begun")
        case _:
            return LookAtTurn()


def _cancel(run: Run, woken: Woken, now: datetime) -> Step:
    """Stop a run: at the provider, if it may be at work there."""
    if run.status in ("in_progress", "cancelling") or _lives_on(run):
        return CancelTurn()
    if run.submitting_until is not None and run.submitting_until > now:
        return AwaitSubmission(_seconds_left(run, now) if woken.is_redelivery else 2)
    return EndRun("cancelled", CANCELLED, None)


def _submit(run: Run, calls: tuple[Call, ...], woken: Woken, now: datetime) -> Step:
    """Submit the next turn, unless somebody is at it.

    Whoever holds the submission has a message of its own on the queue, which comes back if it dies. So only a
    message that came back itself waits for the lease.
    """
    if run.submitting_until is None or run.submitting_until <= now:
        return SubmitTurn(run.turn + 1, calls)
    if woken.by == "check":
        return CheckAgain()
    if woken.is_redelivery:
        return AwaitSubmission(_seconds_left(run, now))
    return Rest("the turn is being submitted")


def _seconds_left(run: Run, now: datetime) -> int:
    """Count the seconds until a submission counts as lost."""
    return ceil((run.submitting_until - now).total_seconds()) if run.submitting_until else 0


# -- after a look at the calls ------------------------------------------------------------------------


def _after_seeing_calls(run: Run, seen: CallsSeen, woken: Woken, now: datetime) -> Step:
    if closed := closed_calls(seen.calls, now):
        return CloseCalls(closed)
    if not any(call.is_open for call in seen.calls):
        return _submit(run, seen.calls, woken, now)
    if woken.by == "decision_needed":
        return AskPerson(tuple(call for call in seen.calls if call.outcome == "awaiting_decision"))
    runnable = tuple(call for call in seen.calls if _is_to_be_run(call, woken, now))
    if runnable and (woken.by != "call_ended" or woken.is_redelivery):
        return QueueCalls(runnable)
    return Rest("calls are at work")


def _is_to_be_run(call: Call, woken: Woken, now: datetime) -> bool:
    """Say whether a call is for the tool function; a check brings back one whose owner must have died."""
    if call.executor != "tools" or call.same_as is not None:
        return False
    is_abandoned = call.outcome == "running" and call.lease_until is not None and call.lease_until < now
    return call.outcome == "pending" or (is_abandoned and woken.by == "check")


# -- after a look at the provider ---------------------------------------------------------------------


def _after_not_finding_turn(woken: Woken) -> Step:
    if woken.attempt < len(NOT_KNOWN_DELAYS_SECONDS):
        return LookAgain(NOT_KNOWN_DELAYS_SECONDS[woken.attempt], woken.attempt + 1, "turn not known")
    return EndRun("lost", Failure("not_found", "The provider no longer knows the run's current turn."), None)


def _after_too_early(seen: TooEarly, woken: Woken) -> Step:
    if woken.attempt < len(TOO_EARLY_DELAYS_SECONDS):
        return LookAgain(TOO_EARLY_DELAYS_SECONDS[woken.attempt], woken.attempt + 1, "answers came too early")
    return EndRun("failed", seen.error, None, stops_turn=True)


def _after_seeing_turn(run: Run, seen: TurnSeen, woken: Woken) -> Step:
    if seen.provider_id != run.provider_id:
        return _after_seeing_another_turn(run, seen)
    if run.is_over:
        return Rest("the run is over")
    if run.status == "requires_action" and not _has_gone_on(run, seen):
        return LookAtCalls()
    if seen.status == "requires_action":
        return _after_being_asked(run, seen, woken)
    if seen.status in _TURN_ENDINGS:
        return _after_turn_ended(run, seen)
    return Rest("the provider is at work")


def _has_gone_on(run: Run, seen: TurnSeen) -> bool:
    """Say whether a turn whose calls are at work has asked for more, or ended, without our answers."""
    is_over = seen.status in _TURN_ENDINGS
    return _lives_on(run) and (is_over or bool(seen.calls))


def _after_seeing_another_turn(run: Run, seen: TurnSeen) -> Step:
    """Tell a turn whose answer was lost from an orphan: the first one seen is the run's."""
    is_awaited = run.submitting_turn is not None and seen.run_turn == run.submitting_turn
    if is_awaited and not run.is_over:
        return AdoptTurn(seen)
    return DisownTurn(seen.run_turn or run.turn, seen.provider_id)


def _after_turn_ended(run: Run, seen: TurnSeen) -> Step:
    if seen.status == "cancelled":
        return EndRun("cancelled", seen.error or CANCELLED, seen)
    if seen.status != "completed":
        return EndRun(_TURN_ENDINGS[seen.status], seen.error, seen)
    if seen.unanswerable:
        return _unanswerable(seen)
    if not seen.calls:
        return EndRun("completed", None, seen)
    if run.status == "cancelling":
        return EndRun("cancelled", CANCELLED, seen)
    return _record(run, seen)


def _after_being_asked(run: Run, seen: TurnSeen, woken: Woken) -> Step:
    """Go on with a turn that waits where it is for what it asked."""
    if run.status == "cancelling":
        return Rest("the turn is being cancelled")
    if seen.unanswerable:
        return _unanswerable(seen)
    if seen.calls:
        return _record(run, seen)
    if seen.recorded:
        return _after_being_asked_again(run, seen, woken)
    return NoteElsewhere(seen) if seen.elsewhere else Rest("nothing is asked")


def _after_being_asked_again(run: Run, seen: TurnSeen, woken: Woken) -> Step:
    """Wait until a provider shows that it has our answers; if it never does, they never arrived."""
    if woken.attempt < len(STALE_DELAYS_SECONDS):
        return LookAgain(STALE_DELAYS_SECONDS[woken.attempt], woken.attempt + 1, "the answers do not show")
    return SubmitTurn(run.turn, seen.recorded)


def _unanswerable(seen: TurnSeen) -> Step:
    types = ", ".join(sorted(set(seen.unanswerable)))
    message = f"The model's output holds items that Runrelay cannot answer: {types}."
    return EndRun("failed", Failure("unanswerable_output", message), seen, stops_turn=_waits(seen))


def _record(run: Run, seen: TurnSeen) -> Step:
    if any(len(name.encode()) > MAX_NAME_BYTES for call in seen.calls for name in (call.call_id, call.name)):
        failure = Failure("unanswerable_output", "The model asked for a call whose id or name is too long.")
        return EndRun("failed", failure, seen, stops_turn=_waits(seen))
    if run.turn >= run.max_turns:
        message = f"The run asked for more calls after {run.max_turns} turns, its limit."
        return EndRun("incomplete", Failure("max_turns", message), seen, stops_turn=_waits(seen))
    return RecordCalls(seen, seen.calls)


def _waits(seen: TurnSeen) -> bool:
    return seen.status == "requires_action"

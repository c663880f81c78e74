"""What an observation means for a run: facts in, a step out. No clock, no network, no environment."""

from datetime import datetime, timedelta
from math import ceil
from typing import assert_never

from runrelay.records import Call, Failure, Run
from runrelay.status import Status

from functions.worker.core.observation import (
    AnswerLost,
    CallsSeen,
    Observation,
    ProviderBusy,
    ProviderRefused,
    TurnNotKnown,
    TurnSeen,
    Woken,
)
from functions.worker.core.steps import (
    AdoptTurn,
    AwaitSubmission,
    CancelTurn,
    CheckAgain,
    DisownTurn,
    EndRun,
    LookAgain,
    LookAtCalls,
    LookAtTurn,
    QueueCalls,
    RecordCalls,
    Rest,
    Step,
    SubmitTurn,
)

NOT_KNOWN_DELAYS_SECONDS = (1, 2, 4, 8)
"""A turn may be known a little later than its id; after these looks it counts as lost."""

MAX_BACKOFF_SECONDS = 60

CLOCK_SKEW = timedelta(seconds=5)
"""How far the clocks of two functions may differ, for a check that arrives on time to count as due."""

CANCELLED = Failure("cancelled", "The run was cancelled.")

_TURN_ENDINGS: dict[str, Status] = {
    "completed": "completed",
    "failed": "failed",
    "incomplete": "incomplete",
    "cancelled": "cancelled",
}


def next_step(run: Run, woken: Woken, seen: Observation | None, now: datetime) -> Step:  # noqa: C901 - one case an observation
    """Decide what to do with a run.

    Args:
        woken: Why somebody looks.
        seen: What they saw besides the run's record; nothing yet, at first.
    """
    match seen:
        case TurnSeen():
            step = _keep_checking(_after_seeing_turn(run, seen), woken)
        case _ if run.is_over:
            step = Rest("the run is over")
        case None:
            step = _after_waking(run, woken, now)
        case CallsSeen():
            step = _keep_checking(_after_seeing_calls(run, seen, woken, now), woken)
        case TurnNotKnown():
            step = _after_not_finding_turn(woken)
        case ProviderBusy():
            delay = seen.retry_after_seconds or min(2**woken.attempt, MAX_BACKOFF_SECONDS)
            step = LookAgain(delay, woken.attempt + 1, seen.why)
        case ProviderRefused():
            step = EndRun("failed", seen.error, None)
        case AnswerLost():
            step = AwaitSubmission(_seconds_left(run, now))
        case _:
            assert_never(seen)
    return step


def _keep_checking(step: Step, woken: Woken) -> Step:
    """Go on with a run's checks after one that found nothing to do."""
    return CheckAgain() if woken.by == "check" and isinstance(step, Rest) else step


def _after_waking(run: Run, woken: Woken, now: datetime) -> Step:
    if now >= run.deadline_at:
        return EndRun("expired", Failure("deadline", "The run passed its deadline."), None)
    if woken.about is not None and woken.about != run.provider_id:
        return Rest("the webhook is about an earlier turn")
    if woken.by == "check" and run.due_at is not None and run.due_at > now + CLOCK_SKEW:
        return Rest("the run has moved and is not due")
    if woken.by == "cancel":
        return _cancel(run, woken, now)
    return _after_waking_in_time(run, woken, now)


def _after_waking_in_time(run: Run, woken: Woken, now: datetime) -> Step:
    match run.status:
        case "queued":
            return _submit(run, (), woken, now)
        case "requires_action":
            return LookAtCalls()
        case "cancelling" if woken.by == "check":
            return CancelTurn()
        case _ if woken.by in ("created", "call_ended"):
            return Rest("the turn it was for has begun")
        case _:
            return LookAtTurn()


def _cancel(run: Run, woken: Woken, now: datetime) -> Step:
    """Stop a run: at the provider, if it may be at work there."""
    if run.status in ("in_progress", "cancelling"):
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


def _after_seeing_calls(run: Run, seen: CallsSeen, woken: Woken, now: datetime) -> Step:
    pending = tuple(call for call in seen.calls if call.outcome == "pending")
    if not any(call.is_open for call in seen.calls):
        return _submit(run, seen.calls, woken, now)
    if pending and (woken.by != "call_ended" or woken.is_redelivery):
        return QueueCalls(pending)
    return Rest("calls are at work")


def _after_not_finding_turn(woken: Woken) -> Step:
    if woken.attempt < len(NOT_KNOWN_DELAYS_SECONDS):
        return LookAgain(NOT_KNOWN_DELAYS_SECONDS[woken.attempt], woken.attempt + 1, "turn not known")
    return EndRun("lost", Failure("not_found", "The provider no longer knows the run's current turn."), None)


def _after_seeing_turn(run: Run, seen: TurnSeen) -> Step:
    if seen.provider_id != run.provider_id:
        return _after_seeing_another_turn(run, seen)
    if run.is_over:
        return Rest("the run is over")
    if run.status == "requires_action":
        return LookAtCalls()
    if seen.status not in _TURN_ENDINGS:
        return Rest("the provider is at work")
    return _after_turn_ended(run, seen)


def _after_seeing_another_turn(run: Run, seen: TurnSeen) -> Step:
    """Tell a turn whose answer was lost from an orphan: the first one seen is the run's."""
    is_awaited = run.submitting_turn is not None and seen.run_turn == run.submitting_turn
    if is_awaited and not run.is_over:
        return AdoptTurn(seen)
    return DisownTurn(seen.run_turn or run.turn, seen.provider_id)


def _after_turn_ended(run: Run, seen: TurnSeen) -> Step:
    if seen.status != "completed":
        return EndRun(_TURN_ENDINGS[seen.status], seen.error, seen)
    if seen.unanswerable:
        types = ", ".join(sorted(set(seen.unanswerable)))
        message = f"The model's output holds items that Runrelay cannot answer: {types}."
        return EndRun("failed", Failure("unanswerable_output", message), seen)
    if not seen.calls:
        return EndRun("completed", None, seen)
    if run.status == "cancelling":
        return EndRun("cancelled", CANCELLED, seen)
    if run.turn >= run.max_turns:
        message = f"The run asked for more calls after {run.max_turns} turns, its limit."
        return EndRun("incomplete", Failure("max_turns", message), seen)
    return RecordCalls(seen, seen.calls)

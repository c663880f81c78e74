"""What an observation means for a run: facts in, a step out. No clock, no network, no environment."""

from datetime import datetime, timedelta
from math import ceil
from typing import assert_never

from runrelay.records import Call, Failure, Run
from runrelay.status import Status

from functions.worker.core.observation import CallsSeen, Observation, TurnNotKnown, TurnSeen, Woken
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
    Step,
    SubmitTurn,
)

NOT_KNOWN_DELAYS_SECONDS = (1, 2, 4, 8)
"""A turn may be known a little later than its id; after these looks it counts as lost."""

SUBMISSION_LEASE = timedelta(seconds=45)
"""A submission older than this was lost: longer than a worker lives, and than a lost answer's webhook takes."""

_TURN_ENDINGS: dict[str, Status] = {
    "completed": "completed",
    "failed": "failed",
    "incomplete": "incomplete",
    "cancelled": "cancelled",
}


def next_step(run: Run, seen: Observation, now: datetime) -> Step:
    """Decide what an observation means for a run."""
    if isinstance(seen, TurnSeen):
        return _after_seeing_turn(run, seen)
    if run.is_over:
        return Rest("the run is over")
    match seen:
        case Woken():
            return _after_waking(run, seen, now)
        case CallsSeen():
            return _after_seeing_calls(run, seen, now)
        case TurnNotKnown():
            return _after_not_finding_turn(seen)
        case _:
            assert_never(seen)


def _after_waking(run: Run, woken: Woken, now: datetime) -> Step:
    if now >= run.deadline_at:
        return EndRun("expired", Failure("deadline", "The run passed its deadline."), None)
    if woken.about is not None and woken.about != run.provider_id:
        return Rest("the webhook is about an earlier turn")
    match run.status:
        case "queued":
            return _submit(run, (), woken, now)
        case "requires_action":
            return LookAtCalls()
        case _:
            return LookAtTurn()


def _submit(run: Run, calls: tuple[Call, ...], woken: Woken, now: datetime) -> Step:
    """Submit the next turn, unless somebody is at it.

    Whoever holds the submission has a message of its own on the queue, which comes back if it dies. So only a
    message that came back itself waits for the lease.
    """
    if run.submitting_until is None or run.submitting_until <= now:
        return SubmitTurn(run.turn + 1, calls)
    if woken.is_redelivery or woken.attempt:
        return AwaitSubmission(ceil((run.submitting_until - now).total_seconds()))
    return Rest("the turn is being submitted")


def _after_seeing_calls(run: Run, seen: CallsSeen, now: datetime) -> Step:
    pending = tuple(call for call in seen.calls if call.outcome == "pending")
    if not any(call.is_open for call in seen.calls):
        return _submit(run, seen.calls, seen.woken, now)
    if pending and (seen.woken.by != "call_ended" or seen.woken.is_redelivery):
        return QueueCalls(pending)
    return Rest("calls are at work")


def _after_not_finding_turn(seen: TurnNotKnown) -> Step:
    if seen.attempt < len(NOT_KNOWN_DELAYS_SECONDS):
        return LookAgain(NOT_KNOWN_DELAYS_SECONDS[seen.attempt], seen.attempt + 1, "turn not known")
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
    return DisownTurn(seen)


def _after_turn_ended(run: Run, seen: TurnSeen) -> Step:
    if seen.status != "completed":
        return EndRun(_TURN_ENDINGS[seen.status], seen.error, seen)
    if seen.unanswerable:
        types = ", ".join(sorted(set(seen.unanswerable)))
        message = f"The model's output holds items that Runrelay cannot answer: {types}."
        return EndRun("failed", Failure("unanswerable_output", message), seen)
    if not seen.calls:
        return EndRun("completed", None, seen)
    if run.turn >= run.max_turns:
        message = f"The run asked for more calls after {run.max_turns} turns, its limit."
        return EndRun("incomplete", Failure("max_turns", message), seen)
    return RecordCalls(seen, seen.calls)

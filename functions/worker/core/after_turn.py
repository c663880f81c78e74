"""What a turn means for its run, as the provider shows it: it is at work, asks for something, or is over."""

from contracts.records import Failure, Run
from contracts.status import Status

from functions.worker.core.observation import TurnSeen, Woken
from functions.worker.core.steps import (
    CANCELLED,
    AdoptTurn,
    CancelTurn,
    DisownTurn,
    EndRun,
    LookAgain,
    LookAtCalls,
    NoteElsewhere,
    RecordCalls,
    Rest,
    Step,
    SubmitTurn,
)
from functions.worker.core.submission import lives_on

STALE_DELAYS_SECONDS = (2, 5)
"""A provider may show for a moment what it asked for before; then our answer was lost, and is sent again."""

MAX_NAME_BYTES = 512
"""Of a call's id or of its tool's name: the id is part of a key, which DynamoDB limits to 1 KB."""

_TURN_ENDINGS: dict[str, Status] = {
    "completed": "completed",
    "failed": "failed",
    "incomplete": "incomplete",
    "cancelled": "cancelled",
    "expired": "expired",
}


def step(run: Run, seen: TurnSeen, woken: Woken) -> Step:
    """Decide what a turn as the provider shows it means for its run."""
    if seen.provider_id != run.provider_id:
        return _another_turn(run, seen)
    if run.is_over:
        return Rest("the run is over")
    is_over = seen.status in _TURN_ENDINGS
    if run.is_to_be_cancelled and run.status != "cancelling" and not is_over:
        return CancelTurn()
    if run.status == "requires_action" and not _has_gone_on(run, seen):
        return LookAtCalls()
    if is_over:
        return _ended(run, seen)
    return _asked(run, seen, woken) if seen.status == "requires_action" else Rest("the provider is at work")


def _has_gone_on(run: Run, seen: TurnSeen) -> bool:
    """Say whether a turn whose calls are at work has asked for more, or ended, without our answers."""
    is_over = seen.status in _TURN_ENDINGS
    return lives_on(run) and (is_over or bool(seen.calls))


def _another_turn(run: Run, seen: TurnSeen) -> Step:
    """Tell a turn whose answer was lost from an orphan: the first one seen is the run's."""
    is_awaited = run.submitting_turn is not None and seen.run_turn == run.submitting_turn
    if is_awaited and not run.is_over:
        return AdoptTurn(seen)
    return DisownTurn(seen.run_turn or run.turn, seen.provider_id)


def _ended(run: Run, seen: TurnSeen) -> Step:
    if seen.status == "cancelled":
        return EndRun("cancelled", seen.error or CANCELLED, seen)
    if seen.status != "completed":
        return EndRun(_TURN_ENDINGS[seen.status], seen.error, seen)
    if seen.unanswerable:
        return _unanswerable(seen)
    if not seen.calls:
        return EndRun("completed", None, seen)
    if run.is_to_be_cancelled:
        return EndRun("cancelled", CANCELLED, seen)
    return _record(run, seen)


def _asked(run: Run, seen: TurnSeen, woken: Woken) -> Step:
    """Go on with a turn that waits where it is for what it asked."""
    if run.is_to_be_cancelled:
        return Rest("the turn is being cancelled")
    if seen.unanswerable:
        return _unanswerable(seen)
    if seen.calls:
        return _record(run, seen)
    if seen.recorded:
        return _asked_again(run, seen, woken)
    return NoteElsewhere(seen) if seen.elsewhere else Rest("nothing is asked")


def _asked_again(run: Run, seen: TurnSeen, woken: Woken) -> Step:
    """Wait until a provider shows that it has our answers; if it never does, they never arrived.

    A call that is still open was recorded after the run was read: there is nothing to answer yet.
    """
    if any(call.is_open for call in seen.recorded):
        return LookAgain(1, woken.attempt, "the run has moved")
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

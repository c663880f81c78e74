"""What a turn means for its run, as the provider shows it: it is at work, asks for something, or is over."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from contracts.records import Failure, Run
from contracts.status import Status

from functions.worker.core.names import REPLACED, is_usable_id
from functions.worker.core.observation import RequestedCall, TurnSeen, Woken
from functions.worker.core.retried_turns import is_begun_again
from functions.worker.core.steps import (
    CANCELLED,
    AdoptTurn,
    BeginAgain,
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

MAX_CALLER = 1000
"""Characters of who asked for a call, as its answer repeats it."""

MAX_CALLS = 1000
"""In one turn: writing down more would take longer than a function has."""

_TURN_ENDINGS: dict[str, Status] = {
    "completed": "completed",
    "failed": "failed",
    "incomplete": "incomplete",
    "cancelled": "cancelled",
    "expired": "expired",
}


def step(run: Run, seen: TurnSeen, woken: Woken, turn_retries: int) -> Step:
    """Decide what a turn as the provider shows it means for its run.

    Args:
        turn_retries: How often a turn is begun again that failed for a reason that passes.
    """
    if seen.provider_id != run.provider_id:
        return _another_turn(run, seen)
    if run.is_over:
        return Rest("the run is over")
    is_over = seen.status in _TURN_ENDINGS
    if run.is_to_be_cancelled and run.status != "cancelling" and not is_over:
        return CancelTurn()
    if run.status == "requires_action" and (step := _beside_its_calls(run, seen)):
        return step
    if is_over:
        is_passing = seen.status == "failed" and is_begun_again(run, seen, turn_retries)
        return BeginAgain(seen) if is_passing else _ended(run, seen)
    return _asked(run, seen, woken) if seen.status == "requires_action" else Rest("the provider is at work")


def _beside_its_calls(run: Run, seen: TurnSeen) -> Step | None:
    """Leave a turn whose calls are at work to them, unless it has ended, or asks for more where it lives on.

    What it asks for or comes to after our answers is of the turn that they began: who gave them has not
    written so yet. It may fail, or be cancelled, without them.
    """
    has_gone_on = seen.status in _TURN_ENDINGS or bool(seen.calls)
    if not lives_on(run) or not has_gone_on:
        return LookAtCalls()
    needs_answers = bool(seen.calls) or seen.status == "completed"
    is_answered = needs_answers and run.submitting_turn == run.turn + 1
    return AdoptTurn(replace(seen, run_turn=run.submitting_turn)) if is_answered else None


def _another_turn(run: Run, seen: TurnSeen) -> Step:
    """Tell a turn whose answer was lost from an orphan: the first one seen is the run's."""
    if seen.provider_id in (run.retried_turns or {}):
        return Rest("the turn failed and was begun again")
    is_awaited = run.submitting_turn is not None and seen.run_turn == run.submitting_turn
    if is_awaited and not run.is_over and run.ending is None:
        return AdoptTurn(seen)
    if seen.may_be_anothers:
        return Rest("it may be another app's")
    return DisownTurn(seen.run_turn or run.turn, seen.provider_id)


def _ended(run: Run, seen: TurnSeen) -> Step:
    if seen.status == "cancelled":
        return EndRun("cancelled", seen.error or CANCELLED, seen)
    if seen.status != "completed":
        unsaid = Failure(seen.status, f"The turn ended {seen.status}, and the provider did not say why.")
        return EndRun(_TURN_ENDINGS[seen.status], seen.error or unsaid, seen)
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


def _unrecordable(calls: Sequence[RequestedCall]) -> str | None:
    """Say what is wrong with calls of which not each can be kept, told apart and answered."""
    if not all(_is_echoed_whole(call) for call in calls):
        return "a call whose id or caller cannot be kept and given back"
    if twice := [call_id for call_id, times in Counter(call.call_id for call in calls).items() if times > 1]:
        return f"two calls with one id, which no answer tells apart: {', '.join(sorted(twice)[:3])}"
    return f"{len(calls)} calls at once; at most {MAX_CALLS} are run" if len(calls) > MAX_CALLS else None


def _is_echoed_whole(call: RequestedCall) -> bool:
    """Say whether all that an answer has to repeat can be kept, and is what the provider wrote."""
    caller = repr(call.caller)
    ids = (call.call_id, *([] if call.provider_turn_id is None else [call.provider_turn_id]))
    return all(map(is_usable_id, ids)) and len(caller) <= MAX_CALLER and REPLACED not in caller


def _record(run: Run, seen: TurnSeen) -> Step:
    if wrong := _unrecordable(seen.calls):
        failure = Failure("unanswerable_output", f"The model asked for {wrong}.")
        return EndRun("failed", failure, seen, stops_turn=_waits(seen))
    if run.turn >= run.max_turns:
        message = f"The run asked for more calls after {run.max_turns} turns, its limit."
        return EndRun("incomplete", Failure("max_turns", message), seen, stops_turn=_waits(seen))
    return RecordCalls(seen, seen.calls)


def _waits(seen: TurnSeen) -> bool:
    return seen.status == "requires_action"

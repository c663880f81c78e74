"""Finding the call that a request is about."""

from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus

from contracts import instant
from contracts.records import Call, Outcome, Run, is_asked_for

from functions.api.paths import readings
from functions.api.problems import ProblemError
from functions.api.run_store import RunStore


def run_and_call(store: RunStore, run_id: str, call_id: str, *, awaited: Outcome) -> tuple[Run, Call]:
    """Read a run, and its call of the id that a path holds.

    Args:
        awaited: The outcome that the request is for, should several turns have a call of that id.

    Raises:
        ProblemError: 404.
    """
    run = store.run(run_id)
    if run is None:
        raise ProblemError(HTTPStatus.NOT_FOUND, f"there is no run {run_id}")
    for reading in readings(call_id):
        if calls := [call for call in store.calls(run_id, reading) if is_asked_for(call, run)]:
            return run, _meant(calls, awaited)
    raise ProblemError(HTTPStatus.NOT_FOUND, f"the run has no call {call_id}")


def refuse_unless_in_time(run: Run, call: Call, now: datetime, *, awaited: str) -> None:
    """Refuse what is said about a call that has waited long enough, or whose run has: nobody will be told.

    Args:
        awaited: What is said, in a word.

    Raises:
        ProblemError: 409, which says how the run or the call stands.
    """
    if call.wait_until and now > call.wait_until:
        until = instant.to_text(call.wait_until)
        raise ProblemError(HTTPStatus.CONFLICT, f"the call waited for its {awaited} until {until}")
    how: str
    if run.is_over:
        how = run.status
    elif run.cancel_requested_at is not None:
        how = "being cancelled"
    elif run.ending is not None:
        how = "coming to its end"
    elif now >= run.deadline_at:
        how = "past its deadline"
    else:
        return
    raise ProblemError(HTTPStatus.CONFLICT, f"the run is {how}, its calls await no {awaited}")


def _meant(calls: Sequence[Call], awaited: Outcome) -> Call:
    return max(calls, key=lambda call: (call.outcome == awaited, call.turn))

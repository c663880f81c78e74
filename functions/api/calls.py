"""Finding the call that a request is about."""

from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus

from contracts.records import Call, Outcome, Run

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
        if calls := store.calls(run_id, reading):
            return run, _meant(calls, awaited)
    raise ProblemError(HTTPStatus.NOT_FOUND, f"the run has no call {call_id}")


def refuse_unless_open(run: Run, now: datetime, *, awaited: str) -> None:
    """Refuse what is said about a call of a run that is over, or is to be: nobody will be told of it.

    Args:
        awaited: What is said, in a word.

    Raises:
        ProblemError: 409, which says how the run stands.
    """
    how: str
    if run.is_over:
        how = run.status
    elif run.cancel_requested_at is not None:
        how = "being cancelled"
    elif now >= run.deadline_at:
        how = "past its deadline"
    else:
        return
    raise ProblemError(HTTPStatus.CONFLICT, f"the run is {how}, its calls await no {awaited}")


def _meant(calls: Sequence[Call], awaited: Outcome) -> Call:
    return max(calls, key=lambda call: (call.outcome == awaited, call.turn))

"""An end that stands on its run's record, and whether a run lives on at its provider."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from contracts.records import Failure, Run
from contracts.status import KINDS

from functions.worker.core.endings import decided, decided_end
from functions.worker.core.steps import EndRun
from functions.worker.core.submission import lives_on

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


def a_run(**facts: Any) -> Run:
    known: dict[str, Any] = {
        "run_id": "run_1",
        "kind": "response",
        "status": "in_progress",
        "request_key": "request#run_1",
        "tools": (),
        "metadata": {},
        "created_at": NOW,
        "updated_at": NOW,
        "deadline_at": NOW + timedelta(hours=1),
        "max_turns": 20,
    }
    return Run(**known | facts)


@pytest.mark.parametrize("error", [None, Failure("a_code", "Its words.")])
@pytest.mark.parametrize("stops_turn", [True, False])
def test_an_end_is_read_as_it_was_decided(error: Failure | None, *, stops_turn: bool):
    step = EndRun("failed", error, None, stops_turn=stops_turn)

    assert decided_end(a_run(ending=decided(step))) == step


def test_a_run_that_is_over_comes_to_no_other_end():
    step = EndRun("failed", None, None)

    assert decided_end(a_run(status="completed", ending=decided(step))) is None


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_session_or_a_thread_has_begun_lives_on_after_a_turn(kind):
    assert [lives_on(a_run(kind=kind, turn=turn)) for turn in (0, 1)] == [False, kind != "response"]

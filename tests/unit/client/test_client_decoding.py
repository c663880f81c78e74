"""What a later version may answer is read, and what is none of ours is refused."""

from datetime import UTC, datetime
from typing import Any

import pytest

from runrelay import Call, Run, TimelineEntry, UnreadableRun
from runrelay.client.decoding import decoded, whole_run
from runrelay.client.models import RunPage

NOW = "2026-11-21T09:30:00.000Z"
RUN: dict[str, Any] = {
    "run_id": "run_1",
    "kind": "response",
    "status": "in_progress",
    "turn": 1,
    "max_turns": 20,
    "tools": ["get_order"],
    "metadata": {},
    "subject": None,
    "usage": None,
    "error": None,
    "deadline": NOW,
    "created_at": NOW,
    "updated_at": NOW,
    "ended_at": None,
    "provider_id": None,
}
CALL: dict[str, Any] = {
    "call_id": "call_1",
    "turn": 1,
    "type": "function_call",
    "name": "get_order",
    "executor": "tools",
    "arguments": "{}",
    "effect": "pure",
    "outcome": "pending",
    "attempts": 0,
    "created_at": NOW,
}


def test_words_and_fields_that_are_new_do_no_harm():
    run = whole_run(
        RUN
        | {"status": "paused", "kind": "chat", "colour": "red", "calls": [CALL | {"outcome": "odd", "x": 1}]}
    )

    assert (run.status, run.kind, run.is_over, run.calls[0].outcome) == ("paused", "chat", False, "odd")
    assert run.waiting_calls == ()


def test_a_run_is_over_once_it_has_ended_whatever_the_word():
    assert whole_run(RUN | {"status": "abandoned", "ended_at": NOW}).is_over


def test_moments_have_their_time_zone():
    assert whole_run(RUN).created_at == datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


def test_what_an_older_version_does_not_tell_yet_has_a_default():
    assert (whole_run(RUN).calls, decoded(Call, CALL).output_left_out) == ((), False)


def test_what_has_no_field_is_known_all_the_same():
    told = {"at": NOW, "type": "call_ended", "call_id": "call_1", "outcome": "failed"}

    assert decoded(TimelineEntry, told).known == {"call_id": "call_1", "outcome": "failed"}


def test_a_page_holds_runs_and_those_that_cannot_be_read():
    damaged = {"run_id": "run_2", "readable": False, "unreadable": [], "status": "failed"}

    page = decoded(RunPage, {"runs": [RUN, damaged], "cursor": None})

    assert [type(run).__name__ for run in page.runs] == ["RunSummary", "UnreadableRun"]
    assert page.runs[1] == UnreadableRun(run_id="run_2", unreadable=(), known={"status": "failed"})


@pytest.mark.parametrize("document", [{}, {"status": "ok"}, RUN | {"created_at": 5}, RUN | {"turn": "many"}])
def test_another_document_is_refused(document):
    with pytest.raises((KeyError, TypeError, ValueError)):
        whole_run(document)


def test_results_cannot_be_changed():
    with pytest.raises(AttributeError):
        whole_run(RUN).status = "completed"  # type: ignore[misc]
    assert Run.__hash__ is not None


def test_calls_that_are_over_wait_for_nobody():
    waiting = CALL | {"executor": "external", "wait_until": NOW}

    assert len(whole_run(RUN | {"calls": [waiting]}).waiting_calls) == 1
    assert whole_run(RUN | {"calls": [waiting], "ended_at": NOW}).waiting_calls == ()

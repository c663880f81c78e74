"""Which run, and which of its turns, a resource says that it was begun for."""

from types import SimpleNamespace
from typing import Any

import pytest

from functions.worker.providers.marks import marked, marks_in
from functions.worker.providers.response_object import turn_seen
from functions.worker.providers.session_object import session_seen
from functions.worker.providers.thread_run_object import thread_run_seen

OURS = {"runrelay_run_id": "run_1", "runrelay_turn": "3"}
OLD = {"run_id": "run_01JDZ3V8W8Q5Z8Q5Z8Q5Z8Q5Z8", "turn": "2"}
RESOURCE = {"id": "x", "status": "queued"}


@pytest.mark.parametrize(
    "read",
    [turn_seen, session_seen, lambda run: thread_run_seen(run, "thread_1/run_1")],
    ids=["response", "session", "thread"],
)
@pytest.mark.parametrize(("metadata", "marks"), [(OURS, ("run_1", 3)), (OLD, (OLD["run_id"], 2))])
def test_a_resource_of_any_kind_is_known_by_its_marks_and_by_those_of_an_older_version(read, metadata, marks):
    seen = read({**RESOURCE, "metadata": metadata})

    assert (seen.run_id, seen.run_turn) == marks


@pytest.mark.parametrize("metadata", [{**OLD, **OURS}, {"run_id": "mine", "turn": "7", **OURS}])
def test_the_callers_own_words_count_for_nothing_beside_our_marks(metadata):
    assert marks_in({"metadata": metadata}) == ("run_1", 3)


@pytest.mark.parametrize(
    "metadata",
    [
        None,
        [],
        {},
        {"run_id": "run_1", "turn": "1"},
        {"run_id": f"{OLD['run_id']}0", "turn": "1"},
        {"run_id": f"my {OLD['run_id']}", "turn": "1"},
        {"run_id": OLD["run_id"]},
        {**OLD, "turn": "first"},
        {**OLD, "turn": 1},
        {**OLD, "run_id": None},
        {"turn": "1"},
        {"runrelay_run_id": None, "runrelay_turn": None},
        {"runrelay_run_id": 1, **OLD},
    ],
    ids=str,
)
def test_what_only_looks_like_marks_is_none(metadata):
    assert marks_in({"metadata": metadata}) == (None, None)


def test_what_a_runs_first_turn_was_begun_with_is_picked_by_the_marks_of_one_version_at_a_time():
    run_id = OLD["run_id"]
    run: Any = SimpleNamespace(run_id=run_id)
    today = {"metadata": {"runrelay_run_id": run_id, "runrelay_turn": "1"}}
    older = {"metadata": {"run_id": run_id, "turn": "1"}}
    others = [
        {"metadata": {"runrelay_run_id": run_id, "runrelay_turn": "2"}},
        {"metadata": {"runrelay_run_id": "run_2", "runrelay_turn": "1"}},
        {"metadata": {"run_id": run_id, "turn": "2"}},
        {"metadata": {}},
    ]
    listed = [*others, today, older]

    assert list(marked(listed, run, by_older_marks=False)) == [today]
    assert list(marked(listed, run, by_older_marks=True)) == [older]

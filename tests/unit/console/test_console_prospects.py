"""What a page says is next, held against docs/states.md."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from runrelay.client.models import Call, Run
from runrelay.console.prospects import CALL_OWNERS, EXITS, exits, prospects
from tasks.checkout import ROOT

NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)
DOCUMENT = (ROOT / "docs/states.md").read_text()


def rows(heading: str) -> list[list[str]]:
    section = DOCUMENT.split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("|")]
    return lines[2:]


def words(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def a_run(**known: Any) -> Run:
    given: dict[str, Any] = {
        "run_id": "run_1",
        "kind": "response",
        "status": "in_progress",
        "turn": 2,
        "max_turns": 20,
        "tools": (),
        "metadata": {},
        "subject": None,
        "usage": None,
        "error": None,
        "deadline": NOW + timedelta(days=1),
        "due_at": NOW + timedelta(seconds=30),
        "created_at": NOW,
        "updated_at": NOW,
        "ended_at": None,
        "provider_id": "resp_1",
    }
    return Run(**{**given, **known})


def a_call(**known: Any) -> Call:
    given: dict[str, Any] = {
        "call_id": "call_1",
        "turn": 2,
        "type": "function_call",
        "name": "refund_order",
        "executor": "tools",
        "arguments": "{}",
        "effect": "keyed",
        "outcome": "pending",
        "attempts": 0,
        "created_at": NOW,
    }
    return Call(**{**given, **known})


@pytest.mark.parametrize("row", rows("Open runs"), ids=lambda row: "-".join(words(row[0]) + words(row[1])))
def test_the_exits_of_a_run_are_those_of_the_table(row: list[str]):
    (kind,), (status,) = words(row[0]), words(row[1])

    assert exits(a_run(kind=kind, status=status)) == tuple(words(row[5]))
    assert len(EXITS) == len(rows("Open runs"))


@pytest.mark.parametrize("row", rows("Open runs"), ids=lambda row: "-".join(words(row[0]) + words(row[1])))
def test_of_every_open_run_it_is_said_who_does_what_and_by_when(row: list[str]):
    (kind,), (status,) = words(row[0]), words(row[1])

    first, *_, last = prospects(a_run(kind=kind, status=status))

    assert first.by == NOW + timedelta(seconds=30)
    assert first.who.split()[-1] in {"WorkerFunction", "OpenAI", "provider"}
    assert (last.by, last.otherwise) == (
        NOW + timedelta(days=1),
        "its turn is cancelled, and it ends expired",
    )


@pytest.mark.parametrize("row", rows("Open calls"), ids=lambda row: "-".join(words(row[0]) + words(row[1])))
def test_who_moves_a_call_on_is_as_the_table_has_it(row: list[str]):
    (outcome,), (executor,) = words(row[0]), words(row[1])
    until = NOW + timedelta(hours=1)
    call = a_call(outcome=outcome, executor=executor, wait_until=until)

    first, _ = prospects(a_run(status="requires_action", calls=(call,)))

    assert row[2].replace("the ToolFunction", "ToolFunction").startswith(CALL_OWNERS[outcome, executor])
    assert first.who == CALL_OWNERS[outcome, executor]
    assert "refund_order" in first.does
    is_for_people = outcome == "awaiting_decision" or executor == "external"
    assert (first.is_for_people, first.by) == (is_for_people, until if is_for_people else None)


def test_the_effect_says_what_becomes_of_a_call_whose_owner_dies():
    said = {
        effect: next(
            prospects(a_run(status="requires_action", calls=(a_call(outcome="running", effect=effect),)))
        ).otherwise
        for effect in ("pure", "keyed", "verify", "once", "of tomorrow")
    }

    assert said == {
        "pure": "if it dies, it is run again",
        "keyed": "if it dies, it is run again, with the same idempotency key",
        "verify": "if it dies, its verify function is asked first",
        "once": "if it dies, it is not run again: its outcome is unknown",
        "of tomorrow": "if it dies, it is not run again: its outcome is unknown",
    }


def test_once_all_calls_are_over_their_outputs_are_submitted():
    run = a_run(
        status="requires_action", calls=(a_call(outcome="succeeded"), a_call(turn=1, outcome="running"))
    )

    assert next(prospects(run)).does == "submits the outputs as turn 3"


def test_of_a_run_that_is_over_nothing_is_to_come():
    run = replace(a_run(status="completed"), ended_at=NOW)

    assert list(prospects(run)) == []
    assert exits(run) == ()

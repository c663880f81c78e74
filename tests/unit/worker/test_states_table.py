"""docs/states.md, held against the code: a state that is missing there, or told wrongly, is found here."""

import re
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
from contracts.messages import Reason
from contracts.payloads import Stored
from contracts.records import OPEN_OUTCOMES, Call, Executor, Outcome, Run
from contracts.status import EXITS, KINDS, STATUSES, is_terminal

from functions.worker.core import steps
from functions.worker.core.decision import next_step
from functions.worker.core.observation import CallsSeen, Woken

ROOT = Path(__file__).parents[3]
DOCUMENT = (ROOT / "docs/states.md").read_text()
OUTCOMES = get_args(Outcome.__value__)
NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
CHECK = Woken(by="check")


def rows(heading: str) -> list[dict[str, str]]:
    """Read the table under a heading: column -> cell."""
    section = DOCUMENT.split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("|")]
    names, _, *cells = lines
    return [dict(zip(names, row, strict=True)) for row in cells]


def words(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def names(row: dict[str, str]) -> str:
    return " ".join(list(row.values())[:2])


RUNS, CALLS = rows("Open runs"), rows("Open calls")


def a_run(row: dict[str, str]) -> Run:
    """Make a run in a row's state, due now."""
    [kind], [status] = words(row["kind"]), words(row["status"])
    is_new = status == "queued"
    return Run(
        run_id="run_1",
        kind=kind,  # type: ignore[arg-type]
        status=status,  # type: ignore[arg-type]
        request_key="request#run_1",
        tools=(),
        metadata={},
        created_at=NOW,
        updated_at=NOW - timedelta(minutes=1),
        deadline_at=NOW + timedelta(hours=1),
        max_turns=20,
        turn=0 if is_new else 1,
        provider_id=None if is_new else "id_1",
        due_at=NOW,
    )


def a_late_call(row: dict[str, str]) -> Call:
    """Make a call in a row's state, whose deadline has passed."""
    [outcome], [executor] = words(row["outcome"]), words(row["executor"])
    late = NOW - timedelta(seconds=1)
    waits = executor == "external" or outcome == "awaiting_decision"
    return Call(
        run_id="run_1",
        turn=1,
        call_id="call_1",
        name="get_order",
        arguments=Stored("inline:{}"),
        effect="pure",
        outcome=outcome,  # type: ignore[arg-type]
        created_at=NOW,
        executor=executor,  # type: ignore[arg-type]
        wait_until=late if waits else None,
        lease_until=late if outcome == "running" else None,
    )


def pairs(table: list[dict[str, str]], *columns: str) -> Iterator[tuple[str, ...]]:
    for row in table:
        yield tuple(word for column in columns for word in words(row[column]))


def test_every_open_status_of_every_kind_has_one_row():
    wanted = {(kind, status) for kind in KINDS for status in STATUSES if not is_terminal(status)}

    assert sorted(pairs(RUNS, "kind", "status")) == sorted(wanted)


def test_every_open_outcome_has_a_row_for_each_executor_that_may_have_it():
    executors = get_args(Executor.__value__)
    wanted = {(outcome, executor) for outcome in OPEN_OUTCOMES for executor in executors}
    never = {("running", "external")}  # the ledger's condition: only what is run here is claimed

    assert sorted(pairs(CALLS, "outcome", "executor")) == sorted(wanted - never)


@pytest.mark.parametrize("row", RUNS, ids=names)
def test_a_check_of_an_open_run_takes_the_step_of_its_row(row):
    step = next_step(a_run(row), CHECK, None, NOW)

    assert [type(step).__name__] == words(row["check"])


@pytest.mark.parametrize("row", RUNS, ids=names)
@pytest.mark.parametrize("by", sorted({"webhook", *get_args(Reason.__value__)} - {"stop"}))
def test_an_open_run_past_its_deadline_expires_whoever_looks(row, by):
    about = "id_1" if by == "webhook" else None
    run = replace(a_run(row), deadline_at=NOW)

    step = next_step(run, Woken(by=by, about=about), None, NOW)

    assert isinstance(step, steps.EndRun)
    assert step.status == "expired"
    assert "deadline_at" in words(row["deadline"])
    assert "expired" in words(row["exits"])


@pytest.mark.parametrize("row", RUNS, ids=names)
def test_a_run_leaves_a_state_only_for_where_it_may_go(row):
    [status] = words(row["status"])

    assert set(words(row["exits"])) <= set(EXITS[status])  # type: ignore[index]


@pytest.mark.parametrize("row", CALLS, ids=names)
def test_a_check_of_a_run_does_about_a_late_call_what_its_row_says(row):
    waiting = replace(a_run(RUNS[0]), status="requires_action", turn=1, provider_id="id_1")

    step: Any = next_step(waiting, CHECK, CallsSeen((a_late_call(row),)), NOW)

    assert [type(step).__name__] == words(row["check"])
    calls = step.calls if isinstance(step, steps.CloseCalls) else step.runnable
    assert {call.outcome for call in calls} <= {*words(row["exits"]), *words(row["outcome"])}


@pytest.mark.parametrize("row", CALLS, ids=names)
def test_a_call_leaves_an_outcome_for_others(row):
    exits = set(words(row["exits"]))

    assert exits <= set(OUTCOMES)
    assert exits - OPEN_OUTCOMES
    assert not exits & set(words(row["outcome"]))


@pytest.mark.parametrize("row", [*RUNS, *CALLS], ids=names)
def test_what_a_row_names_exists(row):
    known = {field.name for record in (Run, Call) for field in fields(record)} | {"DecisionSeconds"}
    tests = {
        name
        for file in ROOT.glob("tests/**/test_*.py")
        for name in re.findall(r"def (test_\w+)", file.read_text())
    }

    assert set(words(row["deadline"])) <= known
    assert words(row["shown by"])
    assert set(words(row["shown by"])) <= tests
    assert all(hasattr(steps, step) for step in words(row["check"]))
    assert row["owner"].strip()

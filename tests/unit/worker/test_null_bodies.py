"""What a session and a thread's run are begun with when the client's create body holds nulls."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from contracts.catalog import CatalogEntry
from contracts.records import Run
from contracts.status import Kind

from functions.worker.providers import sessions, threads
from functions.worker.providers.provider import Submission

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
ENTRY = CatalogEntry(
    name="get_order",
    description="Look up an order.",
    parameters={"type": "object", "properties": {}, "required": [], "additionalProperties": False},
    effect="pure",
    approval="never",
    timeout=10,
)
SESSION = {"agent": {"model": "m"}, "input": "go"}
THREAD = {"assistant_id": "asst_1"}


def submission(kind: Kind, request: dict[str, Any], offered: tuple[CatalogEntry, ...]) -> Submission:
    run = Run(
        run_id="run_1",
        kind=kind,
        status="queued",
        request_key="request#run_1",
        tools=(),
        metadata={},
        created_at=NOW,
        updated_at=NOW,
        deadline_at=NOW + timedelta(hours=1),
        max_turns=20,
    )
    return Submission(run, 1, request, offered, ())


def session(request: dict[str, Any], *offered: CatalogEntry) -> dict[str, Any]:
    return sessions.create_body(submission("session", request, offered))


def thread_run(request: dict[str, Any], *offered: CatalogEntry) -> dict[str, Any]:
    return threads.create_body(submission("thread", request, offered))


OFFERED = pytest.mark.parametrize("offered", [(), (ENTRY,)], ids=["no tools", "tools"])


@OFFERED
@pytest.mark.parametrize("name", ["environment", "metadata", "vault_ids", "stream", "agent_id"])
def test_a_null_in_a_session_is_absence(offered, name):
    assert session({**SESSION, name: None}, *offered) == session(SESSION, *offered)


@OFFERED
def test_a_saved_agent_beside_a_null_keeps_its_tools(offered):
    saved = {"agent_id": "agent_1", "input": "go"}

    assert session({**saved, "agent": None}, *offered) == session(saved, *offered)
    assert "agent" not in session(saved, *offered)


def test_a_null_within_a_sessions_agent_says_something():
    agent = {"model": "m", "tools": None, "reasoning": None}

    assert session({**SESSION, "agent": agent})["agent"] == agent
    assert [tool["name"] for tool in session({**SESSION, "agent": agent}, ENTRY)["agent"]["tools"]] == [
        "get_order"
    ]


@OFFERED
@pytest.mark.parametrize("name", ["tools", "tool_choice", "metadata", "model", "thread", "thread_id"])
def test_a_null_in_a_threads_run_is_absence(offered, name):
    assert thread_run({**THREAD, name: None}, *offered) == thread_run(THREAD, *offered)

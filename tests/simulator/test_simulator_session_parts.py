"""What a session leaves beside its turns and items: subagents, artifacts, traces; through the SDK."""

import openai as sdk
import pytest
from openai.lib.beta.agents import AgentTurnResult

HOSTED = {"type": "openai_hosted"}
REPORT = {"path": "/workspace/report.txt", "text": "all is well"}


@pytest.fixture
def with_subagents(sessions):
    """A session that two subagents have worked for."""
    session = sessions.create({"subagents": 2, "text": "done"})
    sessions.ended(session)
    return session


@pytest.fixture
def published(sessions):
    """A hosted session whose turns have published a file each."""
    turn = {"artifacts": [REPORT], "text": "done"}
    session = sessions.create(turn, turn, environment=HOSTED)
    sessions.ended(session)
    sessions.message(session, "again")
    sessions.ended(session, turns=2)
    return session


def test_a_subagent_is_opened_works_in_a_turn_of_its_own_and_is_closed(
    sessions, with_subagents, hold_against_sdk
):
    api, session_id = sessions.api.subagents, with_subagents.id

    first, second = api.list(session_id, order="asc")

    assert (first.status, first.session_id, first.parent_agent_id) == (
        "closed",
        session_id,
        with_subagents.agent.id,
    )
    assert first.closed_at >= first.opened_at
    assert (first.name, second.name) == ("helper-1", "helper-2")
    assert api.retrieve(first.id, session_id=session_id) == first
    (turn,) = api.turns.list(first.id, session_id=session_id)
    assert (turn.subagent_id, turn.status) == (first.id, "completed")
    assert api.turns.retrieve(turn.id, session_id=session_id, subagent_id=first.id) == turn
    (item,) = api.items.list(first.id, session_id=session_id)
    assert (item.turn_id, item.role, item.content[0].text) == (turn.id, "assistant", "It is looked into.")
    assert list(api.turns.items.list(turn.id, session_id=session_id, subagent_id=first.id)) == [item]
    for shown in (first, turn, item):
        hold_against_sdk(shown)


def test_the_items_of_subagents_are_not_the_sessions(sessions, with_subagents):
    assert [item.role for item in sessions.items(with_subagents)] == ["user", "assistant"]


def test_streams_tell_of_subagents(sessions, hold_against_sdk):
    session = sessions.create({"text": "hello"}, {"subagents": 1, "text": "done"})
    sessions.ended(session)

    with sessions.api.stream(session.id, input="go") as stream:
        events = [event for event in stream if event.type.startswith("agent.session.subagent")]

    assert [(event.type.rpartition(".")[2], event.subagent.status) for event in events] == [
        ("created", "active"),
        ("closed", "closed"),
    ]
    for event in events:
        hold_against_sdk(event)


def test_a_completed_turn_publishes_its_files(sessions, published, hold_against_sdk):
    api = sessions.api.artifacts

    first, second = api.list(published.id, order="asc")

    turns = sessions.root_turns(published)
    assert [first.turn_id, second.turn_id] == [turn.id for turn in turns]
    assert (first.path, first.size_bytes) == ("/workspace/report.txt", 11)
    assert first.environment_id == published.environment.id
    assert api.retrieve(first.id, session_id=published.id) == first
    assert api.content(first.id, session_id=published.id).read() == b"all is well"
    hold_against_sdk(first)


def test_the_helper_finds_the_file_of_a_turn(sessions, published, tmp_path):
    turn = sessions.root_turns(published)[1]
    result = AgentTurnResult(turn=turn, messages=[])

    found = sessions.api.artifacts.for_result(result)

    assert found.content(REPORT["path"]).read() == b"all is well"
    found.download(REPORT["path"], to=tmp_path / "report.txt")
    assert (tmp_path / "report.txt").read_text() == "all is well"


def test_artifacts_are_listed_by_environment_and_deleted(sessions, published, hold_against_sdk):
    api = sessions.api.artifacts
    newest, oldest = api.list(published.id, environment_id=published.environment.id)

    deleted = api.delete(newest.id, session_id=published.id)

    hold_against_sdk(deleted)
    assert (deleted.id, deleted.deleted) == (newest.id, True)
    assert list(api.list(published.id)) == [oldest]
    assert list(api.list(published.id, environment_id="env_x")) == []
    with pytest.raises(sdk.NotFoundError, match=newest.id):
        api.content(newest.id, session_id=published.id)


@pytest.mark.parametrize(
    ("environment", "end"),
    [({"type": "none"}, {}), (HOSTED, {"fail": {"code": "server_error", "message": "no"}})],
)
def test_nothing_is_published_without_an_environment_or_by_a_turn_that_fails(sessions, environment, end):
    session = sessions.create({"artifacts": [REPORT], "text": "x"} | end, environment=environment)
    sessions.ended(session)

    assert list(sessions.api.artifacts.list(session.id)) == []


def test_each_root_turn_that_has_ended_has_a_trace(sessions, agent_tool, result_of, hold_against_sdk):
    session = sessions.create(
        {"subagents": 1, "calls": [{"name": "get_order"}]}, {"text": "ok"}, tools=[agent_tool]
    )
    waiting = sessions.requiring(session)
    assert list(sessions.api.traces.list(session.id)) == []
    sessions.send(session, result_of(waiting.required_actions[0]))
    turn = sessions.ended(session)

    (trace,) = sessions.api.traces.list(session.id)

    hold_against_sdk(trace)
    assert (trace.id, trace.session_id, trace.created_at) == (turn.id, session.id, turn.created_at)
    (of_resource,) = trace.otlp["resourceSpans"]
    root, call = of_resource["scopeSpans"][0]["spans"]
    assert (root["name"], call["name"]) == ("agent.turn", "function get_order")
    assert (root["parentSpanId"], call["parentSpanId"]) == ("", root["spanId"])
    assert {len(root["traceId"]), len(root["spanId"])} == {32, 16}


def test_what_is_not_there_is_not_found(sessions, with_subagents):
    api, where = sessions.api, {"session_id": with_subagents.id}
    subagent = next(iter(api.subagents.list(with_subagents.id)))
    for ask in (
        lambda: api.subagents.list("sess_x"),
        lambda: api.subagents.retrieve("sub_x", **where),
        lambda: api.subagents.items.list("sub_x", **where),
        lambda: api.subagents.turns.retrieve("turn_x", subagent_id=subagent.id, **where),
        lambda: api.artifacts.retrieve("art_x", **where),
        lambda: api.artifacts.delete("art_x", **where),
        lambda: api.traces.list("sess_x"),
    ):
        with pytest.raises(sdk.NotFoundError, match="_x"):
            ask()


@pytest.mark.parametrize(
    ("artifact", "field"),
    [
        ({"path": "a.txt", "text": "x"}, "path"),
        ({"path": "/a.txt"}, "text"),
        ({"path": "/a", "text": "x", "y": 1}, "y"),
    ],
)
def test_a_malformed_artifact_is_named(simulator, artifact, field):
    answer = simulator.http.put("/_sim/scenarios/x", json={"turns": [{"artifacts": [artifact]}]})

    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == f"turns[0].artifacts[0].{field}"

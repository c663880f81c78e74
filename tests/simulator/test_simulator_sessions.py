"""Agents API sessions, through the SDK: the resource and its routes."""

import openai as sdk
import pytest

A_TOOL = {"type": "function", "name": "a", "description": "", "parameters": {}}


def test_a_session_is_idle_when_it_is_created_and_its_turn_is_seen_later(sessions):
    session = sessions.create({"seconds": 1, "text": "x"})

    seen = sessions.api.retrieve(session.id)

    assert (session.status, seen.status) == ("idle", "idle")
    assert (session.required_actions, session.usage, session.error) == ([], None, None)
    assert list(sessions.api.turns.list(session.id)) == []
    assert sessions.items(session) == []


def test_a_session_repeats_what_was_asked_of_it(sessions, agent_tool):
    session = sessions.create(
        agent={
            "model": "gpt-6-nova",
            "instructions": "Be short.",
            "tools": [agent_tool],
            "reasoning": {"effort": "low"},
        },
        metadata={"run_id": "run_1"},
        review="auto_review",
        extra_body={"spend_control": {"limit": 50}},  # it left the SDK in 3.55, and maybe not the API
        vault_ids=["vault_1"],
    )

    assert session.id.startswith("sess_")
    assert (session.agent.model, session.agent.instructions) == ("gpt-6-nova", "Be short.")
    assert (session.agent.tools[0].name, session.agent.tools[0].defer_loading) == ("get_order", False)
    assert session.agent.reasoning.to_dict() == {"effort": "low", "summary": None}
    assert session.metadata == {"run_id": "run_1"}
    assert session.to_dict()["spend_control"] == {"limit": 50, "consumed": 0}
    assert (session.review, session.vault_ids) == ("auto_review", ["vault_1"])


@pytest.mark.parametrize(
    "environment",
    [
        {"type": "none"},
        {"type": "openai_hosted"},
        {"type": "self_hosted", "workspace_directory": "/work"},
    ],
)
def test_every_field_is_one_the_sdk_knows_and_has_the_type_it_says(sessions, agent_tool, environment):
    session = sessions.create(environment=environment, tools=[agent_tool])
    session = sessions.requiring(session)

    for shown in (session, *sessions.api.turns.list(session.id), *sessions.items(session)):
        assert shown.model_extra == {}
        type(shown).model_validate(shown.to_dict(mode="json"))


def test_a_hosted_session_without_input_stays_idle(sessions):
    session = sessions.create(environment={"type": "openai_hosted"}, input=sdk.omit)

    sessions.message(session, "hello")

    assert sessions.ended(session).status == "completed"


@pytest.mark.parametrize(
    ("request_", "code", "param"),
    [
        ({"environment": None}, "missing_required_parameter", "environment"),
        ({"environment": {"type": "moon"}}, None, "environment.type"),
        (
            {"environment": {"type": "self_hosted"}},
            "missing_required_parameter",
            "environment.workspace_directory",
        ),
        ({"input": None}, "missing_required_parameter", "input"),
        ({"input": ""}, "missing_required_parameter", "input"),
        ({"input": [{"role": "assistant", "content": []}]}, None, "input[0].role"),
        ({"input": [{"role": "user"}]}, "missing_required_parameter", "input[0].content"),
        ({"agent": None}, "missing_required_parameter", "agent.model"),
        ({"agent": []}, "invalid_type", "agent"),
        ({"agent": {"model": "m", "tools": {}}}, "invalid_type", "agent.tools"),
        ({"agent": {"model": "m", "tools": [1]}}, "invalid_type", "agent.tools[0]"),
        (
            {"agent": {"model": "m", "tools": [{"type": "function", "name": "f", "parameters": {}}]}},
            "missing_required_parameter",
            "agent.tools[0].description",
        ),
        ({"agent": {"model": "m", "service_tier": "express"}}, "invalid_value", "agent.service_tier"),
        ({"agent": {"model": "m", "reasoning": {"effort": "x"}}}, "invalid_value", "agent.reasoning.effort"),
        ({"agent": {"model": "m", "tools": [{"type": "x"}]}}, "invalid_value", "agent.tools[0].type"),
        ({"agent": {"model": "m", "tools": [A_TOOL, A_TOOL]}}, "invalid_value", "agent.tools[1].name"),
        ({"metadata": {f"key{n}": "" for n in range(17)}}, "object_above_max_properties", "metadata"),
        ({"metadata": {"k": "v" * 513}}, "string_above_max_length", "metadata.k"),
        ({"spend_control": {}}, "missing_required_parameter", "spend_control.limit"),
        ({"spend_control": {"limit": 0}}, None, "spend_control.limit"),
        ({"review": "sometimes"}, None, "review"),
    ],
)
def test_a_create_that_openai_would_refuse_is_refused(simulator, sessions, request_, code, param):
    with pytest.raises(sdk.BadRequestError) as refused:
        sessions.create(extra_body=request_)

    assert (refused.value.code, refused.value.param) == (code, param)
    assert simulator.http.get("/_sim/resources").json() == []


@pytest.mark.parametrize("headers", [{}, {"OpenAI-Beta": "assistants=v2"}])
def test_the_beta_header_is_needed(simulator, headers):
    answer = simulator.http.get("/v1/agents/sessions", headers={"authorization": "Bearer sk-test"} | headers)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_beta")


def test_an_update_changes_what_it_names_and_nothing_else(sessions, agent_tool):
    limited = {"spend_control": {"limit": 50}}
    session = sessions.create(metadata={"a": "1"}, review="auto_review", extra_body=limited)

    changed = sessions.api.update(session.id, agent={"model": "gpt-6-nova", "tools": [agent_tool]})
    unlimited = {"spend_control": {"limit": None}}
    cleared = sessions.api.update(session.id, metadata=None, review="none", extra_body=unlimited)

    assert (changed.agent.model, changed.agent.tools[0].name) == ("gpt-6-nova", "get_order")
    assert (changed.metadata, changed.review) == ({"a": "1"}, "auto_review")
    assert changed.to_dict()["spend_control"]["limit"] == 50
    assert (cleared.metadata, cleared.review) == ({}, None)
    assert cleared.to_dict().get("spend_control") is None
    assert cleared.agent.model == "gpt-6-nova"


def test_a_wrong_update_changes_nothing(sessions):
    session = sessions.create(metadata={"a": "1"})

    with pytest.raises(sdk.BadRequestError):
        sessions.api.update(session.id, metadata={"k": "v" * 513}, agent={"model": "gpt-6-nova"})

    seen = sessions.api.retrieve(session.id)
    assert (seen.metadata, seen.agent.model) == ({"a": "1"}, "gpt-6-astra")


def test_sessions_are_listed_by_their_exact_metadata(sessions):
    first = sessions.create(metadata={"run_id": "run_1", "turn": "1"})
    second = sessions.create(metadata={"run_id": "run_1", "turn": "2"})
    other = sessions.create(metadata={"run_id": "run_10"})

    def ids(**query):
        return [each.id for each in sessions.api.list(**query)]

    assert ids(metadata={"run_id": "run_1"}) == [second.id, first.id]
    assert ids(metadata={"run_id": "run_1"}, order="asc") == [first.id, second.id]
    assert ids(metadata={"run_id": "run_1", "turn": "2"}) == [second.id]
    assert ids(metadata={"run_id": "run_2"}) == []
    assert ids(limit=1) == [other.id, second.id, first.id]
    assert ids(agent_id=first.agent.id) == [first.id]
    assert ids(after=second.id) == [first.id]


def test_a_session_at_work_is_deleted_only_after_its_turn_is_cancelled(sessions):
    session = sessions.create({"never": True})

    with pytest.raises(sdk.BadRequestError, match="Cancel the turn first"):
        sessions.api.delete(session.id)
    sessions.cancel(session)
    deleted = sessions.api.delete(session.id)

    assert (deleted.id, deleted.deleted) == (session.id, True)
    with pytest.raises(sdk.NotFoundError, match=session.id):
        sessions.api.retrieve(session.id)


def test_unknown_ids_are_not_found(sessions):
    session = sessions.create()

    with pytest.raises(sdk.NotFoundError, match="sess_x"):
        sessions.api.items.list("sess_x")
    with pytest.raises(sdk.NotFoundError, match="turn_x"):
        sessions.api.turns.retrieve("turn_x", session_id=session.id)


def test_resources_list_sessions_with_their_turns(simulator, sessions):
    session = sessions.create({"text": "x"})
    turn = sessions.ended(session)

    (resource,) = simulator.http.get("/_sim/resources").json()

    assert isinstance(resource.pop("created_at"), float)
    assert resource == {
        "id": session.id,
        "object": "agent.session",
        "status": "idle",
        "metadata": {"scenario": "session"},
        "error": None,
        "required_actions": [],
        "turns": [
            {
                "id": turn.id,
                "status": "completed",
                "subagent_id": None,
                "error": None,
                "created_at": turn.created_at,
                "completed_at": turn.completed_at,
            }
        ],
    }


def test_a_reset_forgets_sessions(simulator, sessions):
    session = sessions.create({"never": True})

    simulator.http.post("/_sim/reset")

    assert simulator.http.get("/_sim/resources").json() == []
    with pytest.raises(sdk.NotFoundError, match=session.id):
        sessions.api.retrieve(session.id)

"""Saved agents and the sessions that take their settings from them, through the SDK."""

import openai as sdk
import pytest


@pytest.fixture
def agents(openai):
    return openai.beta.agents


@pytest.fixture
def desk(agents, agent_tool):
    return agents.create(
        model="gpt-6-nova", name="desk", instructions="Be short.", tools=[agent_tool], metadata={"team": "a"}
    )


def test_an_agent_is_saved_with_everything_that_openai_fills_in(agents, desk, hold_against_sdk):
    assert (desk.name, desk.model, desk.instructions) == ("desk", "gpt-6-nova", "Be short.")
    assert (desk.tools[0].name, desk.tools[0].defer_loading) == ("get_order", False)
    assert (desk.metadata, desk.compaction.async_, desk.experimental.time_awareness) == (
        {"team": "a"},
        False,
        False,
    )
    assert agents.retrieve(desk.id) == desk
    assert list(agents.list()) == [desk]
    hold_against_sdk(desk)


def test_an_update_changes_what_it_names(agents, desk, hold_against_sdk):
    changed = agents.update(
        desk.id, instructions=None, reasoning={"effort": "low"}, experimental={"time_awareness": True}
    )

    assert (changed.instructions, changed.reasoning.effort, changed.name) == (None, "low", "desk")
    assert changed.experimental.time_awareness is True
    assert changed.tools == desk.tools
    hold_against_sdk(changed)


def test_a_deleted_agent_is_gone(agents, desk, hold_against_sdk):
    deleted = agents.delete(desk.id)

    assert (deleted.id, deleted.object, deleted.deleted) == (desk.id, "agent.deleted", True)
    hold_against_sdk(deleted)
    with pytest.raises(sdk.NotFoundError):
        agents.retrieve(desk.id)
    assert list(agents.list()) == []


@pytest.mark.parametrize(
    ("asked", "param"),
    [
        ({"model": ""}, "model"),
        ({"service_tier": "slow"}, "service_tier"),
        ({"reasoning": {"effort": "huge"}}, "reasoning.effort"),
        ({"tools": [{"type": "function", "name": "f"}]}, "tools[0].description"),
        ({"metadata": {"a": 1}}, "metadata.a"),
    ],
)
def test_a_malformed_agent_is_refused_and_changes_nothing(agents, desk, asked, param):
    with pytest.raises(sdk.BadRequestError) as on_create:
        agents.create(**{"model": "m"} | asked)
    with pytest.raises(sdk.BadRequestError) as on_update:
        agents.update(desk.id, **asked)

    assert (on_create.value.param, on_update.value.param) == (param, param)
    assert list(agents.list()) == [desk]


def test_a_session_takes_the_settings_of_a_saved_agent(sessions, desk):
    session = sessions.requiring(sessions.create(agent=sdk.omit, agent_id=desk.id))

    assert (session.agent.id, session.agent.name, session.agent.model) == (desk.id, "desk", "gpt-6-nova")
    assert session.required_actions[0].name == "get_order"


def test_the_own_settings_of_a_session_come_first_and_a_null_clears(sessions, desk):
    session = sessions.create(agent={"model": "gpt-6-astra", "tools": None}, agent_id=desk.id)

    assert (session.agent.id, session.agent.model, session.agent.instructions) == (
        desk.id,
        "gpt-6-astra",
        "Be short.",
    )
    assert sessions.final_text(sessions.ended(session)) == "done"


def test_a_session_keeps_what_it_took_when_the_agent_changes(agents, sessions, desk):
    session = sessions.create(agent=sdk.omit, agent_id=desk.id)

    agents.update(desk.id, model="gpt-6-astra")
    agents.delete(desk.id)

    assert sessions.api.retrieve(session.id).agent.model == "gpt-6-nova"


def test_an_agent_that_is_not_saved_is_not_found(sessions):
    with pytest.raises(sdk.NotFoundError, match="agent_desk"):
        sessions.create(agent=sdk.omit, agent_id="agent_desk")

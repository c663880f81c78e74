"""The webhooks of sessions: which are sent, when, and how little they say."""

import pytest


@pytest.fixture
def told(simulator, eventually):
    """Wait until so many webhooks were sent, and hand over the type and the data of each, in order."""

    def wait(count):
        eventually(lambda: simulator.journal(kind="webhook")[count - 1 :])
        events = [entry["request"] for entry in simulator.journal(kind="webhook")]
        return [(event["type"], event["data"]) for event in events[:count]]

    return wait


def names(told):
    return [kind.removeprefix("agent.session.") for kind, _ in told]


def test_a_session_is_idle_before_its_turn_and_idle_after_it(sessions, told):
    session = sessions.create({"seconds": 1, "text": "x"})

    before = told(2)
    turns_before = sessions.root_turns(session)
    after = told(4)

    assert names(before) == ["created", "idle"]
    assert turns_before == []
    assert names(after) == ["created", "idle", "in_progress", "idle"]
    assert {tuple(data.items()) for _, data in after} == {(("id", session.id), ("environment_type", "none"))}


def test_every_webhook_has_the_class_and_the_fields_of_the_sdk(simulator, sessions, receiver, eventually):
    session = sessions.create(
        {"calls": [{"name": "a"}]}, environment={"type": "self_hosted", "workspace_directory": "/work"}
    )
    sessions.requiring(session)
    sessions.cancel(session)

    got = eventually(lambda: receiver.received if len(receiver.received) == 5 else None)
    events = [simulator.openai.webhooks.unwrap(each.body, each.headers) for each in got]
    for event in events:
        assert type(event).__name__.startswith("AgentSession")
        assert event.data.model_extra == {}
        type(event).model_validate(event.to_dict(mode="json"))


def test_the_first_webhook_tells_how_to_connect_a_self_hosted_environment(sessions, told):
    session = sessions.create(environment={"type": "self_hosted", "workspace_directory": "/work"})

    (_, created), (_, idle) = told(2)

    environment = session.environment
    place = {"id": session.id, "environment_type": "self_hosted", "environment_id": environment.id}
    assert created == place | {"connect": {"remote_url": environment.remote_url}}
    assert idle == place


def test_each_round_of_required_actions_has_one_webhook_that_names_one_kind(sessions, told, result_of):
    mcp = {"server_label": "shop", "name": "refund"}
    session = sessions.create(
        {"calls": [{"name": "a"}, {"name": "b"}], "approvals": [mcp]}, {"approvals": [mcp]}
    )
    first = sessions.requiring(session).required_actions
    for call in first[:2]:
        sessions.send(session, result_of(call))
    approval = {
        "type": "agent.session.input.mcp_approval_request_result",
        "response": {"type": "mcp_tool_call", "decision": "approve"},
    }
    sessions.send(session, approval | {"request_id": first[2].request_id})
    sessions.requiring(session)

    webhooks = told(6)

    assert names(webhooks) == [
        "created",
        "idle",
        "in_progress",
        "action_required",
        "in_progress",
        "action_required",
    ]
    assert webhooks[3][1] == {"id": session.id, "required_action": {"type": "function_call"}}
    assert webhooks[5][1] == {"id": session.id, "required_action": {"type": "mcp_approval_request"}}


@pytest.mark.parametrize(
    ("failure", "last"),
    [
        ({"code": "server_error", "message": "x"}, "idle"),
        ({"code": "sandbox_error", "message": "x", "session": True}, "failed"),
    ],
)
def test_a_failed_turn_is_told_as_idle_and_a_failed_session_as_failed(sessions, told, failure, last):
    sessions.create({"fail": failure})

    assert names(told(4))[-1] == last


def test_a_cancel_is_told_as_idle_and_a_deletion_not_at_all(simulator, sessions, told):
    session = sessions.create({"never": True})
    told(3)

    sessions.cancel(session)
    sessions.api.delete(session.id)
    sessions.create({"text": "x"})

    assert names(told(8))[3:] == ["idle", "created", "idle", "in_progress", "idle"]

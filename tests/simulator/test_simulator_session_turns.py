"""The turns of a session: what they ask for, what answers them, how they end."""

import openai as sdk
import pytest

MCP = {"server_label": "shop", "name": "refund", "arguments": {"cents": 5}}
ORIGIN = {"origin": "https://shop.example.com", "reason": "to look"}
LOGIN = {"credential_origin": "https://login.example.com", "fields": [{"id": "user"}, {"id": "secret"}]}
MCP_RESULT = "agent.session.input.mcp_approval_request_result"
COMPUTER_RESULT = "agent.session.input.computer_use_approval_request_result"


def approval_of(asked, **response):
    kind = MCP_RESULT if asked.type == "mcp_approval_request" else COMPUTER_RESULT
    return {
        "type": kind,
        "request_id": asked.request_id,
        "response": {"type": asked.request.type} | response,
    }


def kinds(items):
    return [(item.type, getattr(item, "status", None)) for item in items]


def test_a_turn_calls_each_tool_once_and_then_answers(sessions, agent_tool, result_of):
    session = sessions.requiring(sessions.create(tools=[agent_tool, agent_tool | {"name": "other"}]))
    (waiting,) = sessions.root_turns(session)
    first, second = session.required_actions

    sessions.send(session, result_of(first), result_of(second))
    turn = sessions.ended(session)

    assert (first.type, first.name, first.arguments) == (
        "function_call",
        "get_order",
        {"order_id": "order_id-1"},
    )
    assert (waiting.status, waiting.usage) == ("waiting", None)
    assert (turn.id, turn.status, turn.error) == (waiting.id, "completed", None)
    assert turn.started_at <= turn.completed_at
    assert sessions.final_text(turn) == "done"
    seen = sessions.api.retrieve(session.id)
    assert (seen.status, seen.required_actions) == ("idle", [])
    assert seen.usage.total_tokens == turn.usage.total_tokens > 0


def test_a_turn_is_queued_then_in_progress(sessions, eventually):
    session = sessions.create({"seconds": 2, "text": "x"})

    def seen_as(status):
        return eventually(lambda: [each for each in sessions.root_turns(session) if each.status == status])

    assert seen_as("queued")[0].started_at is None
    assert seen_as("in_progress")[0].started_at is not None
    assert sessions.api.retrieve(session.id).status == "in_progress"


def test_each_scenario_turn_that_asks_is_one_round_of_the_same_turn(sessions, result_of):
    session = sessions.create(
        {"text": "let me look", "calls": [{"name": "a"}, {"name": "b"}]},
        {"calls": [{"name": "c", "call_id": "call_mine", "arguments": '{"x": '}]},
        {"seconds": 0, "text": "the answer"},
    )

    first = sessions.requiring(session).required_actions
    sessions.send(session, *[result_of(call) for call in first])
    second = sessions.requiring(session).required_actions
    sessions.send(session, result_of(second[0], "two"))
    turn = sessions.ended(session)

    assert [call.name for call in first] == ["a", "b"]
    assert [(call.call_id, call.arguments) for call in second] == [("call_mine", '{"x": ')]
    assert {call.turn_id for call in [*first, *second]} == {turn.id}
    assert sessions.final_text(turn) == "the answer"
    assert kinds(sessions.items(session)) == [
        ("message", "completed"),
        ("message", "completed"),
        ("function_call", "completed"),
        ("function_call", "completed"),
        ("function_call_output", "completed"),
        ("function_call_output", "completed"),
        ("function_call", "completed"),
        ("function_call_output", "completed"),
        ("message", "completed"),
    ]


def test_calls_may_be_answered_one_request_at_a_time(sessions, result_of):
    calls = [{"name": "a"}, {"name": "b"}]
    session = sessions.requiring(sessions.create({"calls": calls}, {"never": True}))
    first, second = session.required_actions

    sessions.send(session, result_of(second))
    between = sessions.api.retrieve(session.id)
    sessions.send(session, result_of(first))
    after = sessions.api.retrieve(session.id)

    assert (between.status, [each.call_id for each in between.required_actions]) == (
        "requires_action",
        [first.call_id],
    )
    assert (after.status, after.required_actions) == ("in_progress", [])


def test_a_failed_result_is_told_to_the_model_as_failed(sessions, result_of):
    session = sessions.requiring(sessions.create({"calls": [{"name": "a"}]}))
    (call,) = session.required_actions
    failed = {key: value for key, value in result_of(call).items() if key != "output"}

    sessions.send(session, failed | {"success": False, "error": "It is closed."})

    output = sessions.items(session)[-1]
    assert sessions.ended(session).status == "completed"
    assert (output.type, output.status, output.error, output.output) == (
        "function_call_output",
        "failed",
        "It is closed.",
        None,
    )


def test_all_kinds_of_approval_are_pending_at_once_and_answered_each_in_its_way(sessions):
    session = sessions.requiring(sessions.create({"approvals": [MCP, ORIGIN, LOGIN]}, {"text": "ok"}))
    mcp, origin, login = session.required_actions

    sessions.send(
        session,
        approval_of(mcp, decision="approve"),
        approval_of(origin, decision="deny"),
        approval_of(login, action="submit", fields=[{"field_id": "user", "value": "hunter2"}]),
    )
    turn = sessions.ended(session)

    assert (mcp.type, mcp.request.to_dict()) == (
        "mcp_approval_request",
        MCP | {"type": "mcp_tool_call", "message": "Allow shop to run refund?"},
    )
    assert (origin.type, origin.request.to_dict()) == (
        "computer_use_approval_request",
        ORIGIN | {"type": "browser_origin_access"},
    )
    assert (login.type, login.request.type) == ("computer_use_approval_request", "browser_authentication")
    assert [field.id for field in login.request.fields] == ["user", "secret"]
    assert sessions.final_text(turn) == "ok"
    raw = sessions.api.items.with_raw_response.list(session.id).http_response.text
    assert "hunter2" not in raw


@pytest.mark.parametrize(
    ("decision", "status"), [("approve", "completed"), ("deny", "failed"), ("cancel", "failed")]
)
def test_an_mcp_call_is_done_only_when_it_is_approved(sessions, decision, status):
    session = sessions.requiring(sessions.create({"approvals": [MCP]}))

    sessions.send(session, approval_of(session.required_actions[0], decision=decision))

    assert ("mcp_call", status) in kinds(sessions.items(session))
    assert sessions.ended(session).status == "completed"


def test_an_environment_connects_by_itself_in_its_time(sessions):
    session = sessions.requiring(
        sessions.create({"approvals": [{"environment_id": "env_1", "seconds": 0.3}]}, {"text": "ok"})
    )

    (action,) = session.required_actions
    assert action.to_dict() == {"type": "environment_connection", "environment_id": "env_1"}
    assert sessions.final_text(sessions.ended(session)) == "ok"


def test_an_environment_that_never_connects_keeps_its_turn_waiting(sessions, result_of):
    session = sessions.requiring(
        sessions.create({"calls": [{"name": "a"}], "approvals": [{"environment_id": "env_1"}]})
    )

    sessions.send(session, result_of(session.required_actions[0]))
    (action,) = sessions.requiring(session).required_actions
    sessions.cancel(session)

    assert action.type == "environment_connection"
    assert sessions.ended(session).status == "cancelled"


def test_a_required_action_of_an_unknown_kind_is_passed_as_it_is(sessions):
    session = sessions.create({"approvals": [{"type": "hologram_request", "size": 3}]})
    sessions.requiring(session)

    raw = sessions.api.with_raw_response.retrieve(session.id).http_response.json()

    (action,) = raw["required_actions"]
    turn_id = action.pop("turn_id")
    assert action == {"type": "hologram_request", "size": 3}
    assert turn_id == sessions.root_turns(session)[0].id


def test_a_result_of_a_call_that_is_not_pending_is_refused(sessions, result_of):
    session = sessions.requiring(sessions.create({"calls": [{"name": "a"}]}, {"never": True}))
    (call,) = session.required_actions

    strange = result_of(call) | {"call_id": "call_x"}
    elsewhere = result_of(call) | {"turn_id": "turn_x"}
    for wrong in (strange, elsewhere):
        with pytest.raises(sdk.BadRequestError) as refused:
            sessions.send(session, wrong)
        assert refused.value.code == "invalid_request_error"
        assert refused.value.body["message"] == f"Unknown pending tool call: {wrong['call_id']}"
    sessions.send(session, result_of(call))
    with pytest.raises(sdk.BadRequestError, match=f"Unknown pending tool call: {call.call_id}"):
        sessions.send(session, result_of(call))


def test_a_request_with_one_wrong_result_changes_nothing(sessions, result_of):
    session = sessions.requiring(sessions.create({"calls": [{"name": "a"}]}))
    (call,) = session.required_actions

    for wrong in (result_of(call), result_of(call) | {"call_id": "call_x"}):
        with pytest.raises(sdk.BadRequestError, match="Unknown pending tool call"):
            sessions.send(session, result_of(call), wrong)

    assert sessions.api.retrieve(session.id).required_actions == [call]


@pytest.mark.parametrize(
    "response",
    [
        {"type": "mcp_tool_call", "decision": "approve"},
        {"type": "browser_authentication", "action": "cancel"},
    ],
)
def test_an_answer_of_another_kind_is_refused(sessions, response):
    session = sessions.requiring(sessions.create({"approvals": [ORIGIN]}))
    (action,) = session.required_actions

    with pytest.raises(sdk.BadRequestError, match=f"Unknown pending approval request: {action.request_id}"):
        sessions.send(session, approval_of(action) | {"response": response})


def test_the_same_key_with_the_same_body_is_accepted_again_without_effect(sessions, result_of):
    session = sessions.requiring(sessions.create({"calls": [{"name": "a"}]}))
    (call,) = session.required_actions

    sessions.send(session, result_of(call), key="key-1")
    sessions.send(session, result_of(call), key="key-1")
    sessions.ended(session)

    outputs = [item for item in sessions.items(session) if item.type == "function_call_output"]
    assert len(outputs) == 1
    with pytest.raises(sdk.ConflictError):
        sessions.send(session, result_of(call, "another"), key="key-1")


def test_a_key_whose_request_was_refused_may_be_used_again(sessions, result_of):
    session = sessions.requiring(sessions.create({"calls": [{"name": "a"}]}))
    (call,) = session.required_actions

    with pytest.raises(sdk.BadRequestError):
        sessions.send(session, result_of(call) | {"turn_id": "turn_x"}, key="key-1")
    sessions.send(session, result_of(call), key="key-1")

    assert sessions.ended(session).status == "completed"


def test_events_are_accepted_without_a_body_in_the_answer(sessions, result_of):
    session = sessions.requiring(sessions.create({"calls": [{"name": "a"}]}))

    answer = sessions.api.events.with_raw_response.create(
        session.id, events=[result_of(session.required_actions[0])]
    )

    assert (answer.http_response.status_code, answer.http_response.content) == (202, b"")


def test_a_message_to_an_idle_session_starts_the_next_turn_of_its_scenario(sessions):
    session = sessions.create({"text": "one"}, {"seconds": 1, "text": "two"})
    first = sessions.ended(session)

    sessions.message(session, "and?")
    at_once = sessions.root_turns(session)
    second = sessions.ended(session, turns=2)
    sessions.message(session, "and?")
    third = sessions.ended(session, turns=3)

    assert [turn.id for turn in at_once] == [first.id]
    assert [sessions.final_text(turn) for turn in (first, second, third)] == ["one", "two", "done"]
    of_second = sessions.api.turns.items.list(second.id, session_id=session.id, order="asc")
    assert [item.role for item in of_second] == ["user", "assistant"]
    newest = list(sessions.api.turns.list(session.id, limit=1).data)
    assert [turn.id for turn in newest] == [third.id]


def test_a_message_to_a_turn_at_work_steers_it(sessions, result_of):
    session = sessions.create({"seconds": 0.6, "calls": [{"name": "a"}]})
    sessions.message(session, "before it is seen")
    session = sessions.requiring(session)
    sessions.message(session, "while it waits")

    sessions.send(session, result_of(session.required_actions[0]))
    turn = sessions.ended(session)

    assert [each.id for each in sessions.root_turns(session)] == [turn.id]
    said = [item.content[0].text for item in sessions.items(session) if getattr(item, "role", "") == "user"]
    assert said == ["hello", "before it is seen", "while it waits"]


@pytest.mark.parametrize("turn", [{"never": True}, {"calls": [{"name": "a"}]}, {"seconds": 9}])
def test_a_cancel_ends_the_turn_and_leaves_the_session_idle(sessions, turn):
    session = sessions.create(turn, {"text": "next"})
    if "calls" in turn:
        sessions.requiring(session)

    sessions.cancel(session)
    sessions.cancel(session)

    cancelled = sessions.ended(session)
    seen = sessions.api.retrieve(session.id)
    assert (cancelled.status, seen.status, seen.required_actions) == ("cancelled", "idle", [])
    assert "in_progress" not in [status for _, status in kinds(sessions.items(session))]
    sessions.message(session, "go on")
    assert sessions.final_text(sessions.ended(session, turns=2)) == "next"


@pytest.mark.parametrize(
    ("turn", "error"),
    [
        ({"fail": {"code": "server_overloaded", "message": "Busy."}}, ("server_overloaded", "Busy.")),
        ({"incomplete": "max_output_tokens", "text": "half a sen"}, ("max_output_tokens", None)),
    ],
)
def test_a_failed_turn_leaves_the_session_idle(sessions, turn, error):
    session = sessions.create(turn)

    failed = sessions.ended(session)

    seen = sessions.api.retrieve(session.id)
    assert (failed.status, failed.error.code) == ("failed", error[0])
    assert error[1] in (None, failed.error.message)
    assert (seen.status, seen.error) == ("idle", None)
    assert sessions.final_text(failed) == ""


def test_a_failed_session_takes_no_more_input(sessions):
    session = sessions.create({"fail": {"code": "sandbox_error", "message": "It is gone.", "session": True}})

    turn = sessions.ended(session)

    seen = sessions.api.retrieve(session.id)
    assert (turn.status, turn.error.code) == ("failed", "sandbox_error")
    assert (seen.status, seen.error) == ("failed", "It is gone.")
    with pytest.raises(sdk.BadRequestError, match="has failed"):
        sessions.message(session, "hello?")


def test_the_turns_of_subagents_come_after_that_of_the_root(sessions):
    session = sessions.create({"seconds": 0.2, "subagents": 2, "text": "x"})

    root = sessions.ended(session)

    newest, middle, oldest = sessions.api.turns.list(session.id)
    assert oldest.id == root.id
    assert {newest.status, middle.status} == {"completed"}
    assert None not in (newest.subagent_id, middle.subagent_id)


def test_raw_items_belong_to_the_turn(sessions):
    session = sessions.create({"items": [{"type": "hologram", "id": "holo_1"}], "text": "x"})

    turn = sessions.ended(session)

    raw = sessions.api.items.with_raw_response.list(session.id, order="asc").http_response.json()
    assert raw["data"][1] == {"type": "hologram", "id": "holo_1", "turn_id": turn.id}


@pytest.mark.parametrize(
    ("event", "param"),
    [
        (None, "events"),
        ({"type": "agent.session.input.applause"}, "events[0].type"),
        ({"type": "agent.session.input.message"}, "events[0].input"),
        ({"type": "agent.session.input.message", "input": [{"role": "user"}]}, "events[0].input[0].content"),
        ({"type": "agent.session.input.tool_result", "call_id": "c", "success": True}, "events[0].turn_id"),
        (
            {"type": "agent.session.input.tool_result", "turn_id": "t", "call_id": "c", "success": "yes"},
            "events[0].success",
        ),
        (
            {
                "type": "agent.session.input.tool_result",
                "turn_id": "t",
                "call_id": "c",
                "success": True,
                "output": {},
            },
            "events[0].output",
        ),
        ({"type": MCP_RESULT, "request_id": "r"}, "events[0].response"),
        ({"type": MCP_RESULT, "request_id": "r", "response": {"type": "x"}}, "events[0].response.type"),
        (
            {"type": MCP_RESULT, "request_id": "r", "response": {"type": "mcp_tool_call", "decision": "yes"}},
            "events[0].response.decision",
        ),
        (
            {
                "type": COMPUTER_RESULT,
                "request_id": "r",
                "response": {"type": "browser_authentication", "action": "submit"},
            },
            "events[0].response.fields",
        ),
    ],
)
def test_a_malformed_event_is_refused_and_the_field_named(sessions, event, param):
    session = sessions.create({"never": True})

    with pytest.raises(sdk.BadRequestError) as refused:
        sessions.send(session, *[event] if event else [])

    assert refused.value.param == param


@pytest.mark.parametrize(
    ("turn", "param"),
    [
        ({"approvals": [{"origin": "x", "seconds": 1}]}, "turns[0].approvals[0].seconds"),
        ({"approvals": [{"origin": ""}]}, "turns[0].approvals[0].origin"),
        ({"approvals": [{"environment_id": "e", "seconds": -1}]}, "turns[0].approvals[0].seconds"),
        (
            {"approvals": [{"credential_origin": "x", "fields": [{}]}]},
            "turns[0].approvals[0].fields[0].id",
        ),
        ({"fail": {"code": "x", "message": "y", "session": 1}}, "turns[0].fail.session"),
        ({"subagents": "2"}, "turns[0].subagents"),
        ({"expired": "yes"}, "turns[0].expired"),
        ({"expires_in": -1}, "turns[0].expires_in"),
    ],
)
def test_a_malformed_scenario_of_a_session_or_run_is_refused(simulator, turn, param):
    answer = simulator.http.put("/_sim/scenarios/bad", json={"turns": [turn]})

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)

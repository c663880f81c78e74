"""The event streams of sessions, read by the SDK's own helpers."""

import typing

import pytest
from openai.lib.beta.agents import AgentTurnResultError
from openai.types.beta import AgentSessionEvent


@pytest.fixture
def idle_session(sessions, agent_tool):
    """A session whose first turn has ended."""

    def make(*turns):
        session = sessions.create({"text": "hello"}, *turns, tools=[agent_tool])
        sessions.ended(session)
        return session

    return make


def test_the_helper_runs_the_tools_and_collects_the_answer(sessions, idle_session):
    calls = [{"name": "get_order", "arguments": {"order_id": order}} for order in ("A-1", "A-2")]
    session = idle_session({"calls": calls}, {"text": "both shipped"})
    asked = []

    def get_order(arguments):
        asked.append(arguments["order_id"])
        return {"status": "shipped"}

    with sessions.api.stream(session.id, input="go", tool_handlers={"get_order": get_order}) as stream:
        result = stream.get_final_result()

    assert (result.output_text, result.turn.status) == ("both shipped", "completed")
    assert asked == ["A-1", "A-2"]


def test_a_stream_tells_all_that_happens_in_order(sessions, idle_session):
    session = idle_session({"calls": [{"name": "get_order"}]}, {"text": "done"})

    with sessions.api.stream(session.id, input="go", tool_handlers={"get_order": lambda _: "ok"}) as stream:
        kinds = [event.type.removeprefix("agent.session.") for event in stream]

    assert kinds == [
        "turn.created",
        "turn.item.added",
        "in_progress",
        "turn.in_progress",
        "turn.item.added",
        "requires_action",
        "turn.item.done",
        "turn.item.added",
        "in_progress",
        "turn.item.added",
        "turn.content_part.added",
        "turn.output_text.delta",
        "turn.output_text.done",
        "turn.content_part.done",
        "turn.item.done",
        "turn.completed",
        "idle",
    ]


def test_every_event_has_the_class_and_the_fields_of_the_sdk(sessions, idle_session):
    session = idle_session({"calls": [{"name": "get_order"}]}, {"text": "done"})

    with sessions.api.stream(session.id, input="go", tool_handlers={"get_order": lambda _: "ok"}) as stream:
        events = list(stream)

    for event in events:
        assert event.model_extra == {}
        type(event).model_validate(event.to_dict(mode="json"))


THOUGHT = {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "hard to say"}]}
ENVIRONMENTS = "the environments of the simulator's sessions are there from the beginning, and stay"
NOT_MADE = {
    **{
        f"agent.session.environment.{word}": ENVIRONMENTS
        for word in (
            "pending", "ready", "connected", "disconnected", "suspended", "expired", "reset", "failed",
        )
    },
    "agent.output.command_execution_output.delta": "the simulator's agents run no commands",
    "agent.session.subagent.active": "no subagent is resumed once it is closed",
    "error": "belongs to no turn: OpenAI sends it where it breaks down itself",
}  # fmt: skip


def test_every_event_of_the_sdk_is_made_or_named_with_a_reason(sessions, idle_session, result_of):
    asking = {"subagents": 1, "items": [THOUGHT], "calls": [{"name": "get_order"}]}
    broken = {"fail": {"code": "server_error", "message": "no", "session": True}}
    failed = {"fail": {"code": "server_error", "message": "no"}}
    session = idle_session(asking, {"text": "done"}, {"never": True}, failed, broken)
    ended = {"agent.session.turn.completed", "agent.session.turn.cancelled"}
    created = sessions.create(stream=True)
    made = {next(created).type}
    created.close()

    with sessions.api.events.stream(session.id) as stream:
        sessions.message(session, "go")
        for event in stream:
            made.add(event.type)
            match event.type.removeprefix("agent.session."):
                case "requires_action":
                    sessions.send(session, result_of(event.session.required_actions[0]))
                case "turn.in_progress" if ended & made == {"agent.session.turn.completed"}:
                    sessions.cancel(session)
                case "idle":
                    sessions.message(session, "go on")
                case "failed":
                    break

    members = typing.get_args(typing.get_args(AgentSessionEvent)[0])
    known = {typing.get_args(each.model_fields["type"].annotation)[0] for each in members}
    assert known - made == set(NOT_MADE)


def test_a_summary_of_thoughts_comes_in_pieces(sessions, idle_session, hold_against_sdk):
    thought = {
        "type": "reasoning",
        "id": "rs_1",
        "summary": [{"type": "summary_text", "text": "hard to say"}],
    }
    session = idle_session({"items": [thought], "text": "done"})

    with sessions.api.stream(session.id, input="go") as stream:
        events = [event for event in stream if "reasoning" in event.type]

    assert [event.type.rpartition("reasoning_")[2] for event in events] == [
        "summary_part.added",
        *["summary_text.delta"] * 3,
        "summary_text.done",
        "summary_part.done",
    ]
    for event in events:
        hold_against_sdk(event)


def test_the_helper_tries_again_when_a_result_was_too_early(simulator, sessions, idle_session):
    session = idle_session({"calls": [{"name": "get_order"}]}, {"text": "done"})
    simulator.faults(seed=1, api={"unknown_pending_call": 1})

    with sessions.api.stream(session.id, input="go", tool_handlers={"get_order": lambda _: "ok"}) as stream:
        assert stream.get_final_result().output_text == "done"


def test_a_session_can_be_created_with_a_stream_of_its_first_turn(sessions, agent_tool):
    stream = sessions.create(tools=[agent_tool], stream=True, tool_handlers={"get_order": lambda _: "ok"})

    assert stream.get_final_result().output_text == "done"


@pytest.mark.parametrize(
    ("turn", "reason"),
    [
        ({"fail": {"code": "server_error", "message": "x"}}, "failed"),
        ({"fail": {"code": "server_error", "message": "x", "session": True}}, "failed"),
        ({"approvals": [{"origin": "https://example.com"}]}, "requires_action"),
    ],
)
def test_the_helper_says_why_there_is_no_answer(sessions, idle_session, turn, reason):
    session = idle_session(turn)

    with sessions.api.stream(session.id, input="go") as stream, pytest.raises(AgentTurnResultError) as struck:
        stream.get_final_result()

    assert struck.value.reason == reason


def test_a_deleted_session_ends_its_streams(sessions, idle_session):
    session = idle_session()

    with sessions.api.events.stream(session.id) as stream:
        sessions.api.delete(session.id)

        assert list(stream) == []


def test_a_reset_ends_all_streams(simulator, sessions, idle_session):
    session = idle_session()

    with sessions.api.events.stream(session.id) as stream:
        simulator.http.post("/_sim/reset")

        assert list(stream) == []


def test_a_stream_is_journaled_and_has_the_headers_of_openai(simulator, sessions, idle_session):
    session = idle_session()

    with sessions.api.events.stream(session.id) as stream:
        headers = stream.response.headers

    assert headers["x-request-id"].startswith("req_")
    entry = simulator.journal(kind="request", path="/events")[-1]
    assert (entry["method"], entry["status"], entry["response"]) == ("GET", 200, None)

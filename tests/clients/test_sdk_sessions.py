"""The SDK's helpers of the Agents API: a streamed session whose stream runs the tools."""

import pytest
from openai.lib.beta.agents import function_tool

ANSWER = "It is on its way to Ann."
LIFE = ("created", "turn.created", "requires_action", "turn.completed")


@pytest.fixture
def tools(shop):
    def get_order(order_id: str) -> str:
        return shop.get_order(order_id)

    def get_customer(customer_id: str) -> str:
        return shop.get_customer(customer_id)

    return [
        function_tool(name=function.__name__, description="Look it up.")(function)
        for function in (get_order, get_customer)
    ]


@pytest.fixture
def session(simulator, errand, tools):
    """Create a session with an errand, whose stream runs the tools."""

    def session():
        return simulator.openai.beta.agents.sessions.create(
            agent={"model": "gpt-6-astra", "tools": [tool.definition for tool in tools]},
            environment={"type": "none"},
            input="Where is A-1?",
            metadata=errand,
            stream=True,
            tool_handlers={tool.name: tool for tool in tools},
        )

    return session


def test_a_session_calls_two_tools_and_ends(session, shop):
    with session() as stream:
        result = stream.get_final_result()

    assert (result.output_text, result.turn.status) == (ANSWER, "completed")
    assert shop.called == [("get_order", "A-1"), ("get_customer", "C-1")]


def test_the_stream_of_a_session_tells_its_states_and_items_in_order(simulator, session):
    events = []
    with session().with_result_collection() as stream:
        for event in stream:
            events.append(event)
            if event.type == "agent.session.turn.completed":  # a session goes on, and so does its stream
                break
        result = stream.get_final_result()
    kinds = [event.type.removeprefix("agent.session.") for event in events]
    items = [event.item.id for event in events if event.type == "agent.session.turn.item.done"]
    listed = simulator.openai.beta.agents.sessions.items.list(result.session_id, order="asc")

    assert [kind for kind in kinds if kind in LIFE] == [
        "created", "turn.created", "requires_action", "requires_action", "turn.completed",
    ]  # fmt: skip
    assert result.output_text == ANSWER
    assert items == [item.id for item in listed if _is_of_the_agent(item)]


def test_a_second_turn_is_streamed_in_the_same_session(simulator, session, tools):
    with session() as stream:
        first = stream.get_final_result()
    with simulator.openai.beta.agents.sessions.stream(
        first.session_id, input="And now?", tool_handlers={tool.name: tool for tool in tools}
    ) as stream:
        second = stream.get_final_result()

    assert second.turn_id != first.turn_id
    assert (second.output_text, second.turn.status) == ("done", "completed")


def _is_of_the_agent(item):
    return getattr(item, "role", "assistant") == "assistant" and not item.type.endswith("_output")

"""pydantic-ai: its Agent on the Responses API."""

import pytest
from pydantic_ai import Agent
from pydantic_ai.models.openai import OpenAIResponsesModel, OpenAIResponsesModelSettings
from pydantic_ai.providers.openai import OpenAIProvider

ANSWER = "It is on its way to Ann."


@pytest.fixture
def with_agent(run_with_client, shop, errand):
    """Do something with an agent in an event loop."""

    def agent(client):
        return Agent(
            OpenAIResponsesModel("gpt-6-astra", provider=OpenAIProvider(openai_client=client)),
            model_settings=OpenAIResponsesModelSettings(extra_body={"metadata": errand}),
            tools=[shop.get_order, shop.get_customer],
        )

    return lambda do: run_with_client(lambda client: do(agent(client)))


def test_an_agent_calls_two_tools_and_ends(with_agent, has_run_it):
    result = with_agent(lambda agent: agent.run("Where is A-1?"))

    assert result.output == ANSWER
    assert has_run_it("/v1/responses")


def test_an_agent_goes_on_from_its_own_messages(with_agent, shop):
    async def twice(agent):
        first = await agent.run("Where is A-1?")
        return await agent.run("And now?", message_history=first.all_messages())

    assert with_agent(twice).output == "done"
    assert len(shop.called) == 2


def test_a_streamed_agent_tells_calls_outputs_and_the_answer_in_order(with_agent, has_run_it):
    async def streamed(agent):
        async with agent.run_stream_events("Where is A-1?") as events:
            return [event async for event in events]

    events = with_agent(streamed)
    kinds = [event.event_kind for event in events]

    steps = [kind for kind in kinds if kind in ("function_tool_call", "function_tool_result")]
    assert steps == ["function_tool_call", "function_tool_result"] * 2
    assert kinds[-1] == "agent_run_result"
    assert events[-1].result.output == ANSWER
    assert has_run_it("/v1/responses")


def test_an_answer_is_streamed_piece_by_piece(simulator, with_agent):
    simulator.scenario({"text": ANSWER})

    async def streamed(agent):
        async with agent.run_stream("Where is A-1?") as result:
            return [piece async for piece in result.stream_text(delta=True, debounce_by=None)]

    pieces = with_agent(streamed)

    assert "".join(pieces) == ANSWER
    assert len(pieces) > 1

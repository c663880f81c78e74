"""openai-agents: its Runner sends the whole history again each turn."""

import pytest
from agents import Agent, ModelSettings, OpenAIResponsesModel, Runner, function_tool, set_tracing_disabled

ANSWER = "It is on its way to Ann."

set_tracing_disabled(True)


@pytest.fixture
def with_agent(run_with_client, shop, errand):
    """Do something with an agent in an event loop."""

    def with_agent(do, **settings):
        def agent(client):
            return Agent(
                name="clerk",
                model=OpenAIResponsesModel("gpt-6-astra", client),
                tools=[function_tool(shop.get_order), function_tool(shop.get_customer)],
                model_settings=ModelSettings(metadata=errand, **settings),
            )

        return run_with_client(lambda client: do(agent(client)))

    return with_agent


@pytest.mark.parametrize("store", [None, False])
def test_a_runner_calls_two_tools_and_ends(with_agent, has_run_it, store):
    result = with_agent(lambda agent: Runner.run(agent, "Where is A-1?"), store=store)

    assert result.final_output == ANSWER
    assert has_run_it("/v1/responses")


def test_a_runner_goes_on_from_its_own_history(with_agent, shop):
    async def twice(agent):
        first = await Runner.run(agent, "Where is A-1?")
        return await Runner.run(agent, [*first.to_input_list(), {"role": "user", "content": "And now?"}])

    # Beyond its last turn a scenario has nothing left to call.
    assert with_agent(twice).final_output == "done"
    assert len(shop.called) == 2


def test_a_runner_that_chains_calls_two_tools_and_ends(with_agent, has_run_it):
    async def chained(agent):
        return await Runner.run(agent, "Where is A-1?", auto_previous_response_id=True)

    assert with_agent(chained).final_output == ANSWER
    assert has_run_it("/v1/responses")


def test_a_streamed_runner_tells_calls_outputs_and_the_answer_in_order(with_agent, has_run_it):
    async def streamed(agent):
        stream = Runner.run_streamed(agent, "Where is A-1?")
        return [event async for event in stream.stream_events()], stream

    events, stream = with_agent(streamed)
    names = [event.name for event in events if event.type == "run_item_stream_event"]

    assert names == [
        "tool_called", "tool_output",
        "message_output_created", "tool_called", "tool_output",
        "message_output_created",
    ]  # fmt: skip
    assert (stream.final_output, stream.is_complete) == (ANSWER, True)
    assert has_run_it("/v1/responses")


def test_a_streamed_runner_tells_the_answer_piece_by_piece(with_agent):
    async def streamed(agent):
        stream = Runner.run_streamed(agent, "Where is A-1?")
        raw = [event.data async for event in stream.stream_events() if event.type == "raw_response_event"]
        return [event.delta for event in raw if event.type == "response.output_text.delta"]

    deltas = with_agent(streamed)

    assert "".join(deltas) == f"Whose is it?{ANSWER}"
    assert len(deltas) > 2

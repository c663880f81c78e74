"""langchain-openai: a loop with `bind_tools`, in each shape that it gives messages."""

import pytest
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import StructuredTool
from langchain_openai import ChatOpenAI

ANSWER = "It is on its way to Ann."
MOST_TURNS = 6


@pytest.fixture(params=["responses/v1", "v0", "v1"])
def version(request):
    return request.param


@pytest.fixture
def tools(shop):
    made = [StructuredTool.from_function(function) for function in (shop.get_order, shop.get_customer)]
    return {tool.name: tool for tool in made}


@pytest.fixture
def model(simulator, errand, tools, version):
    chat = ChatOpenAI(
        model="gpt-6-astra",
        base_url=f"{simulator.url}/v1",
        api_key="sk-test",
        use_responses_api=True,
        max_retries=0,
        output_version=version,
        extra_body={"metadata": errand},
    )
    return chat.bind_tools(list(tools.values()))


@pytest.fixture
def errand_by(tools):
    """Run the errand by a way to ask, and hand over all messages."""

    def errand_by(ask):
        messages = [HumanMessage("Where is A-1?")]
        for _ in range(MOST_TURNS):
            said = ask(messages)
            messages.append(said)
            if not said.tool_calls:
                break
            messages += [
                ToolMessage(tools[call["name"]].invoke(call["args"]), tool_call_id=call["id"])
                for call in said.tool_calls
            ]
        return messages

    return errand_by


def test_a_loop_calls_two_tools_and_ends(model, errand_by, has_run_it):
    messages = errand_by(model.invoke)

    assert [message.type for message in messages] == ["human", "ai", "tool", "ai", "tool", "ai"]
    assert messages[-1].text == ANSWER
    assert has_run_it("/v1/responses")


def test_a_streamed_loop_calls_two_tools_and_ends(model, errand_by, has_run_it):
    pieces = []

    def ask(messages):
        whole = None
        for piece in model.stream(messages):
            pieces.append(piece.text)
            whole = piece if whole is None else whole + piece
        return whole

    messages = errand_by(ask)

    assert messages[-1].text == ANSWER
    assert "".join(pieces) == f"Whose is it?{ANSWER}"
    assert len([piece for piece in pieces if piece]) > 2
    assert has_run_it("/v1/responses")


def test_a_loop_goes_on_from_its_own_messages(model, errand_by, shop):
    messages = errand_by(model.invoke)

    assert model.invoke([*messages, HumanMessage("And now?")]).text == "done"
    assert len(shop.called) == 2

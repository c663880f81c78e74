"""Clients that send their whole history again, and those that refer to items by their ids."""

import openai as sdk
import pytest
from openai.lib.responses_tool_runner import RegisteredFunction, ResponsesToolRunner

TWO_TOOLS = (
    {"calls": [{"name": "get_order"}, {"name": "get_customer"}]},
    {"text": "One more.", "calls": [{"name": "refund"}]},
    {"text": "refunded"},
    {"text": "goodbye"},
)
USER = {"role": "user", "content": "hello"}


@pytest.fixture
def replay(simulator):
    """The model's answer to a history."""
    simulator.scenario("replayed", *TWO_TOOLS)

    def create(history, **request):
        return simulator.create("replayed", input=history, background=False, **request)

    return create


def output_of(item):
    return {"type": "function_call_output", "call_id": item["call_id"], "output": "{}"}


def sent_back(response, *, without=()):
    """What a client sends back of a response, and the outputs of its calls."""
    items = [item.to_dict(mode="json") for item in response.output]
    outputs = [output_of(item) for item in items if item["type"] == "function_call"]
    kept = [{key: value for key, value in item.items() if key not in without} for item in items]
    return [*kept, *outputs]


@pytest.mark.parametrize("without", [(), ("id",), ("id", "status")])
@pytest.mark.parametrize("request_", [{}, {"store": False}])
def test_a_history_sent_again_is_answered_with_the_next_turn(replay, without, request_):
    history, turns = [USER], []
    for _ in range(4):
        response = replay(history, **request_)
        turns.append(
            [item.name if item.type == "function_call" else response.output_text for item in response.output]
        )
        history += [*sent_back(response, without=without), USER]

    assert turns == [["get_order", "get_customer"], ["One more.", "refund"], ["refunded"], ["goodbye"]]


@pytest.mark.parametrize("without", [(), ("id",)])
def test_each_output_may_follow_its_call(replay, without):
    first = replay([USER])
    one, other = sent_back(first, without=without)[:2]

    second = replay([USER, one, output_of(one), other, output_of(other)])

    assert second.output_text == "One more."


def test_calls_that_the_simulator_never_made_are_turns_by_their_place(replay):
    calls = [
        {"type": "function_call", "call_id": f"call_{n}", "name": "f", "arguments": "{}"} for n in range(3)
    ]

    response = replay([USER, *calls[:2], *map(output_of, calls[:2]), calls[2], output_of(calls[2])])

    assert response.output_text == "refunded"


def test_an_example_of_an_answer_is_no_turn(replay):
    example = [USER, {"role": "assistant", "content": "How can I help?"}, USER]

    assert [item.name for item in replay(example).output] == ["get_order", "get_customer"]


def test_the_same_words_said_twice_are_two_turns(simulator):
    simulator.scenario("polite", {"text": "Hello."}, {"text": "Hello."}, {"text": "Goodbye."})
    history = [USER]
    for _ in range(3):
        response = simulator.create("polite", input=history, background=False)
        history += [{"role": "assistant", "content": response.output_text}, USER]

    assert response.output_text == "Goodbye."


def test_a_chain_counts_its_responses_whatever_is_in_its_input(replay):
    first = replay([USER])
    outputs = [item for item in sent_back(first) if item["type"] == "function_call_output"]

    second = replay(outputs, previous_response_id=first.id)

    assert second.output_text == "One more."


def test_a_replay_without_a_scenario_calls_each_tool_once(simulator, function_tool):
    asked = {"tools": [function_tool, function_tool | {"name": "other"}], "background": False}
    first = simulator.create(input=[USER], **asked)
    second = simulator.create(input=[USER, *sent_back(first)], **asked)

    assert [item.name for item in first.output] == ["get_order", "other"]
    assert second.output_text == "done"


@pytest.mark.parametrize("stream", [False, True])
def test_the_tool_runner_of_the_sdk_comes_to_its_end(simulator, stream):
    simulator.scenario("run", *TWO_TOOLS)
    asked = []

    def tool(name):
        parameters = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
        described = {"type": "function", "name": name, "strict": True, "parameters": parameters}
        return RegisteredFunction(described, lambda _: asked.append(name) or "ok")

    runner = ResponsesToolRunner(functions=[tool(name) for name in ("get_order", "get_customer", "refund")])
    request = {"model": "m", "input": "hello", "metadata": {"scenario": "run"}}
    response = runner.run(simulator.openai, request, max_steps=5, stream=stream)

    assert response.output_text == "refunded"
    assert sorted(asked[:2]) == ["get_customer", "get_order"]
    assert asked[2:] == ["refund"]


@pytest.mark.parametrize("typed", [{"type": "item_reference"}, {"type": None}, {}])
def test_a_reference_stands_for_the_item_of_an_earlier_response(simulator, replay, typed):
    first = replay([USER])
    calls = [item.id for item in first.output]
    outputs = [item for item in sent_back(first) if item["type"] == "function_call_output"]

    second = replay([USER, *({"id": each} | typed for each in calls), *outputs])

    assert second.output_text == "One more."
    listed = simulator.openai.responses.input_items.list(second.id, order="asc").data
    assert [item.id for item in listed[1:3]] == calls
    assert [item.type for item in listed[1:3]] == ["function_call", "function_call"]


def test_a_reference_may_be_to_an_input_item_or_to_an_item_of_a_conversation(simulator):
    first = simulator.create(input=[USER], background=False)
    (message,) = simulator.openai.responses.input_items.list(first.id).data
    conversation = simulator.openai.conversations.create(items=[{"type": "message", **USER}])
    (item,) = simulator.openai.conversations.items.list(conversation.id).data

    second = simulator.create(input=[{"type": "item_reference", "id": each.id} for each in (message, item)])

    listed = simulator.openai.responses.input_items.list(second.id, order="asc").data
    assert [each.id for each in listed] == [message.id, item.id]


def test_a_reference_to_nothing_or_to_what_was_not_stored_is_refused(simulator, replay):
    unstored = replay([USER], store=False)
    background = simulator.ended(simulator.create("replayed", store=False))
    deleted = replay([USER])
    simulator.openai.responses.delete(deleted.id)

    for item_id in ("msg_x", *(each.output[0].id for each in (unstored, background, deleted))):
        with pytest.raises(sdk.NotFoundError, match=f"Item with id '{item_id}' not found") as refused:
            replay([{"type": "item_reference", "id": item_id}])
        assert refused.value.param == "input"

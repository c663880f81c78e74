"""The SDK's helpers of the Responses API: create, parse, stream, and its tool runner."""

import json
from itertools import pairwise

import openai
import pytest
from openai.lib.responses_tool_runner import RegisteredFunction, ResponsesToolRunner
from pydantic import BaseModel

ANSWER = "It is on its way to Ann."
QUESTION = {"role": "user", "content": "Where is A-1?"}
PAIRS = {
    "response.output_item.added": "response.output_item.done",
    "response.content_part.added": "response.content_part.done",
}


class get_order(BaseModel):  # noqa: N801 - the class names the tool
    order_id: str


class get_customer(BaseModel):  # noqa: N801
    customer_id: str


class Verdict(BaseModel):
    on_its_way: bool
    whose: str


def tool(name, argument):
    return {
        "type": "function",
        "name": name,
        "strict": True,
        "parameters": {
            "type": "object",
            "properties": {argument: {"type": "string"}},
            "required": [argument],
            "additionalProperties": False,
        },
    }


TOOLS = [tool("get_order", "order_id"), tool("get_customer", "customer_id")]


@pytest.fixture
def request_body(errand):
    return {"model": "gpt-6-astra", "tools": TOOLS, "metadata": errand}


@pytest.fixture
def outputs(shop):
    """Run the functions that a response calls, and hand over their outputs."""

    def outputs(response):
        return [
            {
                "type": "function_call_output",
                "call_id": item.call_id,
                "output": getattr(shop, item.name)(**json.loads(item.arguments)),
            }
            for item in response.output
            if item.type == "function_call"
        ]

    return outputs


def test_a_chain_of_responses_calls_two_tools_and_ends(simulator, request_body, outputs, has_run_it):
    response = simulator.openai.responses.create(input=[QUESTION], **request_body)
    while answers := outputs(response):
        response = simulator.openai.responses.create(
            input=answers, previous_response_id=response.id, **request_body
        )

    assert response.output_text == ANSWER
    assert has_run_it("/v1/responses")


def test_parsed_arguments_are_those_of_the_model(simulator, request_body, shop, has_run_it):
    tools = [openai.pydantic_responses_function_tool(model) for model in (get_order, get_customer)]
    history = [QUESTION]
    while True:
        response = simulator.openai.responses.parse(input=history, **request_body | {"tools": tools})
        calls = [item for item in response.output if item.type == "function_call"]
        if not calls:
            break
        for call in calls:
            output = getattr(shop, call.name)(**call.parsed_arguments.model_dump())
            history += [
                {key: getattr(call, key) for key in ("type", "call_id", "name", "arguments")},
                {"type": "function_call_output", "call_id": call.call_id, "output": output},
            ]

    assert response.output_text == ANSWER
    assert has_run_it("/v1/responses")


def test_a_parsed_answer_is_the_object_that_was_asked_for(simulator):
    told = simulator.scenario({"text": '{"on_its_way": true, "whose": "Ann"}'})

    response = simulator.openai.responses.parse(
        model="gpt-6-astra", input="Where is A-1?", text_format=Verdict, metadata=told
    )

    assert response.output_parsed == Verdict(on_its_way=True, whose="Ann")


def test_streams_of_a_chain_tell_in_order_all_that_their_responses_hold(
    simulator, request_body, outputs, shop
):
    given, previous = [QUESTION], openai.omit
    while given:
        with simulator.openai.responses.stream(
            input=given, previous_response_id=previous, **request_body
        ) as stream:
            events = list(stream)
            final = stream.get_final_response()
        _check_order(events)
        assert _texts(events) == final.output_text
        assert _arguments(events) == [each.arguments for each in final.output if each.type == "function_call"]
        assert _same(final, simulator.openai.responses.retrieve(final.id))
        given, previous = outputs(final), final.id

    assert final.output_text == ANSWER
    assert shop.called == [("get_order", "A-1"), ("get_customer", "C-1")]


@pytest.mark.parametrize("stream", [False, True])
def test_the_tool_runner_calls_two_tools_and_ends(simulator, request_body, shop, has_run_it, stream):
    # By its own definition the runner brings the tools.
    functions = [
        RegisteredFunction(TOOLS[0], lambda arguments: shop.get_order(**arguments)),
        RegisteredFunction(TOOLS[1], lambda arguments: shop.get_customer(**arguments)),
    ]
    kinds = []

    response = ResponsesToolRunner(functions=functions).run(
        simulator.openai,
        {key: request_body[key] for key in ("model", "metadata")} | {"input": [QUESTION]},
        max_steps=5,
        stream=stream,
        on_event=(lambda event: kinds.append(event.type)) if stream else None,
    )

    assert response.output_text == ANSWER
    assert kinds.count("response.completed") == (3 if stream else 0)
    assert has_run_it("/v1/responses")


def _check_order(events):
    """Numbers rise; a life is in order, and nothing is told before or after it."""
    numbers = [event.sequence_number for event in events]
    kinds = [event.type for event in events]
    life = [kinds.index(f"response.{word}") for word in ("created", "in_progress", "completed")]

    assert all(later >= earlier for earlier, later in pairwise(numbers))
    assert life == sorted(life)
    assert (life[0], life[-1]) == (0, len(kinds) - 1)
    for opening, closing in PAIRS.items():
        assert kinds.count(opening) == kinds.count(closing)
        assert opening not in kinds or kinds.index(opening) < kinds.index(closing)


def _texts(events):
    return "".join(event.delta for event in events if event.type == "response.output_text.delta")


def _arguments(events):
    pieces = {}
    for event in events:
        if event.type == "response.function_call_arguments.delta":
            pieces[event.output_index] = pieces.get(event.output_index, "") + event.delta
    return list(pieces.values())


def _same(parsed, retrieved):
    """Whether a response is what is retrieved; the helper adds what it parsed."""
    added = ("parsed", "parsed_arguments")
    return _without(added, parsed.to_dict(mode="json")) == _without(added, retrieved.to_dict(mode="json"))


def _without(keys, given):
    if isinstance(given, list):
        return [_without(keys, each) for each in given]
    if isinstance(given, dict):
        return {key: _without(keys, value) for key, value in given.items() if key not in keys}
    return given

"""What a response and its items say of themselves, where a client could notice."""

import openai as sdk
import pytest


def test_the_tier_is_open_until_a_response_has_been_served(simulator):
    created = simulator.create()

    assert (created.service_tier, simulator.ended(created).service_tier) == ("auto", "default")


def test_a_tier_that_was_asked_for_is_kept(simulator):
    created = simulator.create(service_tier="priority")

    assert (created.service_tier, simulator.ended(created).service_tier) == ("priority", "priority")


@pytest.mark.parametrize(
    ("asked", "is_strict"), [({}, True), ({"strict": None}, True), ({"strict": False}, False)]
)
def test_a_function_is_told_back_with_everything_that_openai_fills_in(simulator, asked, is_strict):
    raw = simulator.openai.responses.with_raw_response.create(
        model="m", input="x", tools=[{"type": "function", "name": "f"} | asked, {"type": "web_search"}]
    )

    assert raw.http_response.json()["tools"] == [
        {"type": "function", "name": "f", "description": None, "parameters": None, "strict": is_strict},
        {"type": "web_search"},
    ]


@pytest.mark.parametrize("given", [{}, {"status": None}])
def test_calls_and_their_outputs_are_listed_with_a_status(simulator, given):
    call = {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"}
    output = {"type": "function_call_output", "call_id": "call_1", "output": "{}"}

    response = simulator.create(input=[call | given, output | given])
    items = simulator.openai.responses.input_items.list(response.id, order="asc").data

    assert [(item.type, item.status) for item in items] == [
        ("function_call", "completed"),
        ("function_call_output", "completed"),
    ]
    for item in items:
        type(item).model_validate(item.to_dict(mode="json"))


def test_a_status_that_was_given_is_listed(simulator):
    call = {
        "type": "function_call",
        "call_id": "call_1",
        "name": "f",
        "arguments": "{}",
        "status": "incomplete",
    }
    output = {"type": "function_call_output", "call_id": "call_1", "output": ""}

    response = simulator.create(input=[call, output])

    (_, listed) = simulator.openai.responses.input_items.list(response.id).data
    assert isinstance(listed, sdk.types.responses.ResponseFunctionToolCallItem)
    assert listed.status == "incomplete"

"""What the model does: scenarios, and what it makes up without one."""

import json

import pytest


def outputs_for(response):
    return [
        {"type": "function_call_output", "call_id": item.call_id, "output": "{}"}
        for item in response.output
        if item.type == "function_call"
    ]


def test_turns_follow_the_chain_and_then_the_model_is_done(simulator):
    simulator.scenario("two", {"calls": [{"name": "a", "arguments": {"x": 1}}]}, {"text": "second"})

    first = simulator.ended(simulator.create("two"))
    second = simulator.ended(simulator.create("two", previous_response_id=first.id, input=outputs_for(first)))
    third = simulator.ended(simulator.create("two", previous_response_id=second.id))

    assert [item.name for item in first.output] == ["a"]
    assert (second.output_text, third.output_text) == ("second", "done")


def test_a_turn_may_speak_and_call_at_once(simulator):
    simulator.scenario("both", {"text": "let me look", "calls": [{"name": "a"}, {"name": "b"}]})

    response = simulator.ended(simulator.create("both"))

    assert [item.type for item in response.output] == ["message", "function_call", "function_call"]


def test_arguments_given_as_text_are_passed_as_they_are(simulator):
    simulator.scenario("broken", {"calls": [{"name": "a", "arguments": '{"x": ', "call_id": "call_mine"}]})

    (call,) = simulator.ended(simulator.create("broken")).output

    assert (call.arguments, call.call_id) == ('{"x": ', "call_mine")


def test_a_failing_turn_ends_failed_without_an_http_error(simulator):
    simulator.scenario("fails", {"fail": {"code": "server_error", "message": "It broke."}})

    response = simulator.ended(simulator.create("fails"))

    assert (response.status, response.error.code, response.error.message) == (
        "failed",
        "server_error",
        "It broke.",
    )
    assert (response.output, response.completed_at, response.usage) == ([], None, None)


def test_an_incomplete_turn_says_why(simulator):
    simulator.scenario("cut", {"incomplete": "max_output_tokens", "text": "half a sen"})

    response = simulator.ended(simulator.create("cut"))

    assert (response.status, response.incomplete_details.reason) == ("incomplete", "max_output_tokens")
    assert response.output[0].status == "incomplete"
    assert response.completed_at is None


def test_raw_items_are_appended_as_they_are(simulator):
    item = {"type": "hologram", "id": "holo_1", "anything": {"goes": [1, 2]}}
    simulator.scenario("odd", {"items": [item]})

    response = simulator.ended(simulator.create("odd"))

    raw = simulator.openai.responses.with_raw_response.retrieve(response.id)
    assert raw.http_response.json()["output"] == [item]


@pytest.mark.parametrize(
    ("turns", "param"),
    [
        ({"turns": [{"second": 1}]}, "turns[0].second"),
        ({"turns": [{}, {"seconds": -1}]}, "turns[1].seconds"),
        ({"turns": [{"seconds": "1"}]}, "turns[0].seconds"),
        ({"turns": [{"calls": [{"arguments": {}}]}]}, "turns[0].calls[0].name"),
        ({"turns": [{"calls": [{"name": "a", "arguments": 3}]}]}, "turns[0].calls[0].arguments"),
        ({"turns": [{"calls": {}}]}, "turns[0].calls"),
        ({"turns": [{"approvals": [{"name": "a"}]}]}, "turns[0].approvals[0].server_label"),
        ({"turns": [{"fail": {"code": "x"}}]}, "turns[0].fail.message"),
        ({"turns": [{"fail": "x"}]}, "turns[0].fail"),
        ({"turns": [{"incomplete": "tired"}]}, "turns[0].incomplete"),
        ({"turns": [{"never": 1}]}, "turns[0].never"),
        ({"turns": [{"items": [{}]}]}, "turns[0].items[0].type"),
        ({"turns": [{"text": 1}]}, "turns[0].text"),
        ({"turns": 3}, "turns"),
        ({"turn": []}, "turn"),
        ({}, "turns"),
    ],
)
def test_a_malformed_scenario_is_refused_and_the_field_named(simulator, turns, param):
    answer = simulator.http.put("/_sim/scenarios/bad", json=turns)

    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == param
    assert param in answer.json()["error"]["message"]
    assert simulator.http.get("/_sim/scenarios").json() == []


def test_a_scenario_that_was_never_put_is_metadata_of_the_callers_own(simulator, function_tool):
    response = simulator.ended(simulator.create("absent", tools=[function_tool]))

    assert [item.name for item in response.output] == ["get_order"]
    assert response.metadata == {"scenario": "absent"}


def test_scenarios_are_listed(simulator):
    simulator.scenario("b")
    simulator.scenario("a")

    assert simulator.http.get("/_sim/scenarios").json() == ["a", "b"]


def test_without_a_scenario_each_tool_is_called_once_in_parallel(simulator, function_tool):
    tools = [function_tool, {"type": "web_search"}, function_tool | {"name": "other"}]

    first = simulator.ended(simulator.create(tools=tools))
    second = simulator.create(previous_response_id=first.id, input=outputs_for(first), tools=tools)

    assert [item.name for item in first.output] == ["get_order", "other"]
    assert simulator.ended(second).output_text == "done"


def test_without_parallel_calls_the_tools_are_called_one_a_turn(simulator, function_tool):
    tools = [function_tool, function_tool | {"name": "other"}]
    asked = {"tools": tools, "parallel_tool_calls": False}

    first = simulator.ended(simulator.create(**asked))
    second = simulator.ended(
        simulator.create(previous_response_id=first.id, input=outputs_for(first), **asked)
    )
    third = simulator.create(previous_response_id=second.id, input=outputs_for(second), **asked)

    assert [item.name for item in first.output] == ["get_order"]
    assert [item.name for item in second.output] == ["other"]
    assert simulator.ended(third).output_text == "done"


def test_with_tool_choice_none_no_tool_is_called(simulator, function_tool):
    response = simulator.create(tools=[function_tool], tool_choice="none")

    assert simulator.ended(response).output_text == "done"


def test_made_up_arguments_are_json_of_the_schema(simulator, function_tool):
    parameters = {
        "type": "object",
        "properties": {"cents": {"type": "integer", "minimum": 50}, "why": {"enum": ["late", "lost"]}},
        "required": ["cents", "why"],
        "additionalProperties": False,
    }

    response = simulator.ended(simulator.create(tools=[function_tool | {"parameters": parameters}]))

    assert json.loads(response.output[0].arguments) == {"cents": 50, "why": "late"}

"""What OpenAI refuses in a create by itself: each with its field and its code, through the SDK."""

import typing

import openai as sdk
import pytest
from openai.types.beta import agent_create_params, agent_reasoning_param, agent_tool_param
from openai.types.responses import response_create_params, response_text_config_param
from openai.types.shared_params.reasoning import Reasoning

from simulator.responses import refusals
from simulator.sessions import agent

OPEN = {"type": "object", "properties": {"b": {"type": "string"}}, "required": ["b"]}
CLOSED = OPEN | {"additionalProperties": False}
UNKNOWN = "unknown_parameter"
UNFIT = "invalid_function_parameters"
INVALID = "invalid_value"
MISSING = "missing_required_parameter"


def function(name="a", **fields):
    return {"type": "function", "name": name, "parameters": CLOSED, "strict": True} | fields


def of_object(**properties):
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def a_format(**fields):
    return {"format": {"type": "json_schema", "name": "answer", "schema": CLOSED, "strict": True} | fields}


@pytest.mark.parametrize(
    ("request_", "code", "param"),
    [
        ({"colour": "red"}, UNKNOWN, "colour"),
        ({"reasoning_effort": "low"}, "unsupported_parameter", None),
        ({"response_format": {}}, "unsupported_parameter", None),
        ({"input": None}, MISSING, "input"),
        ({"max_output_tokens": 15}, "integer_below_min_value", "max_output_tokens"),
        ({"max_output_tokens": 16.5}, "invalid_type", "max_output_tokens"),
        ({"max_output_tokens": "16"}, "invalid_type", "max_output_tokens"),
        ({"max_output_tokens": True}, "invalid_type", "max_output_tokens"),
        ({"max_tool_calls": 0}, "integer_below_min_value", "max_tool_calls"),
        ({"top_logprobs": 21}, "integer_above_max_value", "top_logprobs"),
        ({"temperature": 2.1}, "decimal_above_max_value", "temperature"),
        ({"temperature": -0.1}, "decimal_below_min_value", "temperature"),
        ({"temperature": "hot"}, "invalid_type", "temperature"),
        ({"top_p": 1.1}, "decimal_above_max_value", "top_p"),
        ({"service_tier": "express"}, INVALID, "service_tier"),
        ({"truncation": "some"}, INVALID, "truncation"),
        ({"reasoning": {"effort": "utmost"}}, INVALID, "reasoning.effort"),
        ({"reasoning": {"summary": "long"}}, INVALID, "reasoning.summary"),
        ({"text": {"verbosity": "loud"}}, INVALID, "text.verbosity"),
        ({"text": {"format": {"type": "xml"}}}, INVALID, "text.format.type"),
        ({"text": a_format(name=None)}, MISSING, "text.format.name"),
        ({"text": a_format(schema=OPEN)}, "invalid_json_schema", "text.format.schema"),
        (
            {"background_options": {"completion_window": "1h"}},
            INVALID,
            "background_options.completion_window",
        ),
        ({"tools": [{"type": "telepathy"}]}, INVALID, "tools[0].type"),
        ({"tools": [function(), function("b", colour="red")]}, UNKNOWN, "tools[1].colour"),
        ({"tools": [function(""), function()]}, "empty_string", "tools[0].name"),
        ({"tools": [function("get order")]}, INVALID, "tools[0].name"),
        ({"tools": [function("get.order")]}, INVALID, "tools[0].name"),
        ({"tools": [function("a\n")]}, INVALID, "tools[0].name"),
        ({"tools": [function("a" * 65)]}, "string_above_max_length", "tools[0].name"),
        ({"tools": [function(), {"type": "mcp"}, function()]}, INVALID, "tools[2].name"),
        ({"tools": [function(), {"type": "custom", "name": "a"}]}, INVALID, "tools[1].name"),
        ({"tools": [{"type": "custom"}]}, MISSING, "tools[0].name"),
        (
            {"tools": [{"type": "namespace", "name": "n", "tools": [function(), function()]}]},
            INVALID,
            "tools[0].tools[1].name",
        ),
        ({"tools": [function(parameters=OPEN)]}, UNFIT, "tools[0].parameters"),
        ({"tools": [function(parameters={"type": "array"}, strict=False)]}, UNFIT, "tools[0].parameters"),
        ({"tool_choice": "maybe"}, INVALID, "tool_choice"),
        ({"tool_choice": "required"}, None, "tool_choice"),
        ({"tool_choice": {"name": "a"}}, MISSING, "tool_choice.type"),
        ({"tool_choice": {"type": "function", "name": "a"}}, None, "tool_choice"),
        ({"tool_choice": {"type": "function", "name": "b"}, "tools": [function()]}, None, "tool_choice"),
        ({"tool_choice": {"type": "custom", "name": "a"}, "tools": [function()]}, None, "tool_choice"),
        ({"tool_choice": {"type": "web_search_preview"}, "tools": [function()]}, None, "tool_choice"),
        (
            {
                "tool_choice": {"type": "mcp", "server_label": "b"},
                "tools": [{"type": "mcp", "server_label": "a"}],
            },
            None,
            "tool_choice",
        ),
        ({"tool_choice": {"type": "allowed_tools", "mode": "all"}}, INVALID, "tool_choice.mode"),
        ({"tool_choice": {"type": "allowed_tools", "mode": "auto"}}, MISSING, "tool_choice.tools"),
        (
            {"tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": []}},
            MISSING,
            "tool_choice.tools",
        ),
        (
            {"tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": [1]}},
            MISSING,
            "tool_choice.tools[0].type",
        ),
        (
            {
                "tool_choice": {
                    "type": "allowed_tools",
                    "mode": "auto",
                    "tools": [{"type": "function", "name": "b"}],
                },
                "tools": [function()],
            },
            None,
            "tool_choice",
        ),
    ],
)
def test_what_openai_refuses_is_refused_with_its_code_and_field(simulator, request_, code, param):
    with pytest.raises(sdk.BadRequestError) as refused:
        simulator.create(extra_body=request_)

    assert (refused.value.code, refused.value.param) == (code, param)
    assert refused.value.type == "invalid_request_error"
    assert simulator.http.get("/_sim/resources").json() == []


@pytest.mark.parametrize(
    "request_",
    [
        {"max_output_tokens": 16, "temperature": 2, "top_p": 0, "top_logprobs": 20},
        {"service_tier": "flex", "reasoning": {"effort": "max"}, "truncation": "auto"},
        {"temperature": None, "service_tier": None, "reasoning": None, "tools": None, "tool_choice": None},
        {"input": sdk.omit, "prompt": {"id": "pmpt_1"}, "tool_choice": {"type": "function", "name": "a"}},
        {"tools": [function("a" * 64), function("A-z_09")]},
        {"tools": [function(parameters=OPEN, strict=False), function("b", parameters=OPEN, strict=None)]},
        {"tools": [{"type": "function", "name": "a"}]},
        {"tools": [function()], "tool_choice": {"type": "function", "name": "a"}},
        {"tools": [{"type": "web_search"}], "tool_choice": {"type": "web_search_preview"}},
        {
            "tools": [
                {"type": "namespace", "name": "n", "description": "", "tools": [function()]},
            ],
            "tool_choice": {
                "type": "allowed_tools",
                "mode": "required",
                "tools": [{"type": "function", "name": "a"}],
            },
        },
        {"text": a_format(schema=OPEN, strict=False)},
    ],
)
def test_what_openai_takes_is_taken(simulator, request_):
    assert simulator.create(**request_).status == "queued"


@pytest.mark.parametrize("source", ["previous_response_id", "conversation"])
def test_what_was_said_before_is_input_enough(simulator, source):
    before = {
        "previous_response_id": lambda: simulator.ended(simulator.create()).id,
        "conversation": lambda: simulator.openai.conversations.create().id,
    }[source]()

    assert simulator.create(input=sdk.omit, **{source: before}).status == "queued"


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        (OPEN, "In context=(), 'additionalProperties' is required"),
        (of_object(b=OPEN), "In context=('properties', 'b'), 'additionalProperties' is required"),
        (of_object(b={"type": "array", "items": OPEN}), "In context=('properties', 'b', 'items'), 'add"),
        (of_object(b={"anyOf": [{"type": "null"}, OPEN]}), "context=('properties', 'b', 'anyOf', '1'), 'add"),
        (
            of_object() | {"$defs": {"d": OPEN}},
            "In context=('$defs', 'd'), 'additionalProperties' is required",
        ),
        (CLOSED | {"additionalProperties": True}, "In context=(), 'additionalProperties' is required"),
        (CLOSED | {"required": []}, "In context=(), 'required' is required to be supplied"),
        ({"properties": {}}, "got 'type: \"None\"'"),
    ],
)
def test_the_refusal_of_a_schema_says_where(simulator, schema, said):
    with pytest.raises(sdk.BadRequestError) as refused:
        simulator.create(tools=[function(parameters=schema)])

    assert "Invalid schema for function 'a': " in refused.value.message
    assert said in refused.value.message


def literals(hint):
    """Collect the strings of a type's literals, however deep."""
    if isinstance(hint, str):
        return {hint}
    return set().union(*map(literals, typing.get_args(hint))) if typing.get_args(hint) else set()


def types_of(union):
    return set().union(*(literals(typing.get_type_hints(each)["type"]) for each in typing.get_args(union)))


def test_what_is_known_is_what_the_sdk_knows():
    create = typing.get_type_hints(response_create_params.ResponseCreateParamsNonStreaming)
    text = typing.get_type_hints(response_text_config_param.ResponseTextConfigParam)
    reasoning = typing.get_type_hints(Reasoning)
    options = typing.get_type_hints(response_create_params.BackgroundOptions)

    assert set(refusals.PARAMETERS) == set(create)
    assert {path: set(choices) for path, choices in refusals.CHOICES.items()} == {
        "service_tier": literals(create["service_tier"]),
        "truncation": literals(create["truncation"]),
        "reasoning.effort": literals(reasoning["effort"]),
        "reasoning.summary": literals(reasoning["summary"]),
        "text.verbosity": literals(text["verbosity"]),
        "text.format.type": types_of(text["format"]),
        "background_options.completion_window": literals(options["completion_window"]),
    }
    hints = typing.get_type_hints(agent_create_params.AgentCreateParams)
    assert set(agent.SERVICE_TIERS) == literals(hints["service_tier"])
    assert set(agent.EFFORTS) == literals(
        typing.get_type_hints(agent_reasoning_param.AgentReasoningParam)["effort"]
    )
    assert set(agent.TOOL_TYPES) == types_of(agent_tool_param.AgentToolParam)

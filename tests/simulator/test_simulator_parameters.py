"""What no request may say, held against the SDK's own types of requests."""

import typing

import openai as sdk
import pytest
from openai.types import beta, conversations, responses
from openai.types.beta import agents, thread_create_and_run_params, threads
from openai.types.beta.agents import environments
from openai.types.beta.threads import run_create_params, run_submit_tool_outputs_params
from openai.types.responses import (
    response_create_params,
    response_input_item_param,
    response_text_config_param,
    tool_param,
)
from openai.types.shared_params import Reasoning

from simulator.conversations import item_limits
from simulator.responses import refusals, tool_parameters
from simulator.sessions import agent
from simulator.wire import parameters

NOT_IN_BODIES = {"idempotency_key", "thread_id", "include"}
"""What the SDK sends as a header, in the path or in the query of the requests of this page."""
PYTHONIC = {"async": "async_"}
CREATE = typing.get_type_hints(response_create_params.ResponseCreateParamsNonStreaming)


def keys_of(given):
    """Name the parameters of a request, or of each of several that are one."""
    kinds = typing.get_args(given) or [given]
    return {key for kind in kinds for key in typing.get_type_hints(kind)} - NOT_IN_BODIES


def literals(hint):
    found = set()
    for each in typing.get_args(hint):
        found |= literals(each) if typing.get_args(each) else {each} if isinstance(each, str) else set()
    return found


@pytest.mark.parametrize(
    ("known", "in_sdk"),
    [
        (parameters.CONVERSATION, conversations.ConversationCreateParams),
        (parameters.CONVERSATION_ITEMS, conversations.item_create_params.ItemCreateParams),
        (parameters.COMPACTION, responses.ResponseCompactParams),
        (parameters.INPUT_TOKENS, responses.InputTokenCountParams),
        (parameters.AGENT, beta.AgentCreateParams),
        (parameters.AGENT, beta.AgentUpdateParams),
        (parameters.ENVIRONMENT, agents.EnvironmentCreateParams),
        (parameters.TEMPLATE, environments.TemplateCreateParams),
        (parameters.TEMPLATE, environments.TemplateUpdateParams),
        (parameters.ASSISTANT, beta.AssistantCreateParams),
        (parameters.ASSISTANT, beta.AssistantUpdateParams),
        (parameters.THREAD, beta.ThreadCreateParams),
        (parameters.THREAD_UPDATE, beta.ThreadUpdateParams),
        (parameters.MESSAGE, threads.MessageCreateParams),
        (parameters.METADATA, threads.RunUpdateParams),
        (parameters.METADATA, conversations.ConversationUpdateParams),
        (refusals.INNER_PARAMETERS["reasoning"], Reasoning),
        (refusals.INNER_PARAMETERS["text"], response_text_config_param.ResponseTextConfigParam),
        (refusals.INNER_PARAMETERS["stream_options"], response_create_params.StreamOptions),
        (refusals.INNER_PARAMETERS["background_options"], response_create_params.BackgroundOptions),
        (agent.SETTINGS, agents.session_create_params.Agent),
    ],
)
def test_the_parameters_are_those_of_the_sdk(known, in_sdk):
    assert set(known) == keys_of(in_sdk)


def test_what_the_sdk_says_by_a_header_or_not_any_more_is_known_too():
    session = keys_of(agents.SessionCreateParams) | {"spend_control"}
    run = keys_of(run_create_params.RunCreateParams)

    assert set(parameters.SESSION) == session
    assert set(parameters.SESSION_UPDATE) == keys_of(agents.SessionUpdateParams) | {"spend_control"}
    assert set(parameters.RUN) == run
    assert set(parameters.THREAD_AND_RUN) == keys_of(thread_create_and_run_params.ThreadCreateAndRunParams)
    submitted = run_submit_tool_outputs_params.RunSubmitToolOutputsParams
    assert set(parameters.TOOL_OUTPUTS) == keys_of(submitted)


def test_the_types_of_tools_and_items_are_those_of_the_sdk():
    tools = {
        kind: {PYTHONIC.get(key, key) for key in typing.get_type_hints(each)}
        for each in typing.get_args(tool_param.ToolParam)
        for kind in literals(typing.get_type_hints(each)["type"])
    }
    items = {
        kind
        for each in typing.get_args(response_input_item_param.ResponseInputItemParam)
        for kind in literals(typing.get_type_hints(each)["type"])
    }

    known = {
        kind: {PYTHONIC.get(key, key) for key in keys} for kind, keys in tool_parameters.PARAMETERS.items()
    }
    assert known == tools
    assert set(item_limits.TYPES) == items
    assert set(refusals.INCLUDABLE) == literals(CREATE["include"])


@pytest.mark.parametrize(
    ("request_", "param", "message"),
    [
        ({"tools": [{"type": "web_search", "foo": 1}]}, "tools[0].foo", "Unknown parameter: 'tools[0].foo'."),
        ({"reasoning": {"foo": 1}}, "reasoning.foo", "Unknown parameter: 'reasoning.foo'."),
        ({"text": {"foo": 1}}, "text.foo", "Unknown parameter: 'text.foo'."),
        ({"include": ["a.b"]}, "include[0]", "Invalid value: 'a.b'."),
        ({"input": [{"role": "wizard", "content": "x"}]}, "input[0].role", "Invalid value: 'wizard'."),
        ({"input": [{"type": "magic"}]}, "input[0]", "Invalid value: 'magic'."),
        (
            {"input": [{"role": "user", "content": [{"type": "output_text", "text": "x"}]}]},
            "input[0].content[0]",
            "Supported values are: 'input_text', 'input_image', and 'input_file'.",
        ),
        (
            {"input": [{"role": "assistant", "content": [{"type": "input_text", "text": "x"}]}]},
            "input[0].content[0]",
            "Supported values are: 'output_text' and 'refusal'.",
        ),
        (
            {"input": [{"id": "msg_1", "role": "user", "content": "x"}] * 2},
            "input",
            "Duplicate item found with id msg_1.",
        ),
        ({"stream_options": {"include_obfuscation": False}}, "stream_options", "only allowed when 'stream'"),
        (
            {"background": False, "background_options": {"completion_window": "8h"}},
            "background_options.completion_window",
            "needs 'background'",
        ),
    ],
)
def test_a_response_that_openai_would_refuse_is_refused(simulator, request_, param, message):
    with pytest.raises(sdk.BadRequestError) as refused:
        simulator.create(extra_body=request_)

    assert refused.value.param == param
    assert message in refused.value.body["message"]


@pytest.mark.filterwarnings("ignore:(The Assistants API is )?deprecated:DeprecationWarning")
def test_a_parameter_that_does_not_exist_is_refused_wherever_something_is_made(simulator, openai):
    more = {"extra_body": {"foo": 1}}
    session = {"environment": {"type": "none"}, "agent": {"model": "m"}, "input": "x"}
    conversation = openai.conversations.create()
    thread, assistant = openai.beta.threads.create(), openai.beta.assistants.create(model="m")
    saved = openai.beta.agents.create(model="m")
    for ask in (
        lambda: simulator.create(**more),
        lambda: openai.responses.compact(model="m", input="x", **more),
        lambda: openai.responses.input_tokens.count(model="m", input="x", **more),
        lambda: openai.conversations.create(**more),
        lambda: openai.conversations.update(conversation.id, metadata={}, **more),
        lambda: openai.conversations.items.create(conversation.id, items=[], **more),
        lambda: openai.beta.agents.create(model="m", **more),
        lambda: openai.beta.agents.update(saved.id, **more),
        lambda: openai.beta.agents.sessions.create(**session, **more),
        lambda: openai.beta.agents.sessions.create(**session | {"agent": {"model": "m", "foo": 1}}),
        lambda: openai.beta.agents.environments.create(environment={"type": "openai_hosted"}, **more),
        lambda: openai.beta.agents.environments.templates.create(**more),
        lambda: openai.beta.assistants.create(model="m", **more),
        lambda: openai.beta.threads.create(**more),
        lambda: openai.beta.threads.messages.create(thread.id, role="user", content="x", **more),
        lambda: openai.beta.threads.runs.create(thread_id=thread.id, assistant_id=assistant.id, **more),
        lambda: openai.beta.threads.create_and_run(assistant_id=assistant.id, **more),
    ):
        with pytest.raises(sdk.BadRequestError, match=r"Unknown parameter: '(agent\.)?foo'\.") as refused:
            ask()
        assert refused.value.code == "unknown_parameter"


def test_what_an_assistant_said_is_listed_with_its_annotations(simulator, openai, hold_against_sdk):
    said = [
        {"role": "assistant", "content": "one"},
        {"role": "assistant", "content": [{"type": "output_text", "text": "two"}]},
    ]
    conversation = openai.conversations.create(items=said)
    response = simulator.create(input=[*said, {"role": "user", "content": "three"}])

    for item in (
        *openai.conversations.items.list(conversation.id),
        *openai.responses.input_items.list(response.id),
    ):
        hold_against_sdk(item)

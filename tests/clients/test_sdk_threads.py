"""The SDK's helpers of the Assistants API, which poll."""

import json
import warnings

import pytest
from openai import AssistantEventHandler

ANSWER = "It is on its way to Ann."
POLL_MS = 20


def tool(name, argument):
    parameters = {"type": "object", "properties": {argument: {"type": "string"}}, "required": [argument]}
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


@pytest.fixture(autouse=True)
def _deprecated():
    """The SDK calls all of it deprecated, each time."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


@pytest.fixture
def api(simulator):
    return simulator.openai.beta


@pytest.fixture
def assistant(api):
    tools = [tool("get_order", "order_id"), tool("get_customer", "customer_id")]
    return api.assistants.create(model="gpt-6-astra", tools=tools)


@pytest.fixture
def thread(api):
    return api.threads.create(messages=[{"role": "user", "content": "Where is A-1?"}])


@pytest.fixture
def wanted(assistant, thread, errand):
    """What a run is created with."""
    return {"thread_id": thread.id, "assistant_id": assistant.id, "metadata": errand}


@pytest.fixture
def outputs(shop):
    """Run the functions that a run calls, and hand over their outputs."""

    def outputs(run):
        return [
            {
                "tool_call_id": call.id,
                "output": getattr(shop, call.function.name)(**json.loads(call.function.arguments)),
            }
            for call in run.required_action.submit_tool_outputs.tool_calls
        ]

    return outputs


@pytest.fixture
def ended(api, thread, wanted, outputs):
    """A run, driven to its end."""
    run = api.threads.runs.create_and_poll(**wanted, poll_interval_ms=POLL_MS)
    while run.status == "requires_action":
        run = api.threads.runs.submit_tool_outputs_and_poll(
            run_id=run.id, thread_id=thread.id, tool_outputs=outputs(run), poll_interval_ms=POLL_MS
        )
    return run


def test_a_polled_run_calls_two_tools_and_ends(api, ended, shop):
    message = api.threads.messages.list(ended.thread_id).data[0]

    assert ended.status == "completed"
    assert message.content[0].text.value == ANSWER
    assert shop.called == [("get_order", "A-1"), ("get_customer", "C-1")]


def test_a_run_created_with_its_thread_is_polled_to_its_first_calls(api, assistant, errand, outputs):
    run = api.threads.create_and_run_poll(
        assistant_id=assistant.id, metadata=errand, poll_interval_ms=POLL_MS
    )

    assert run.status == "requires_action"
    assert [each["output"] for each in outputs(run)] == ["shipped to C-1"]


def test_the_steps_of_a_run_are_its_calls_with_outputs_and_its_messages(api, ended):
    steps = api.threads.runs.steps.list(ended.id, thread_id=ended.thread_id, order="asc").data
    called = [step.step_details.tool_calls[0].function for step in steps if step.type == "tool_calls"]

    assert [step.type for step in steps].count("message_creation") == 2
    assert [(each.name, each.output) for each in called] == [
        ("get_order", "shipped to C-1"),
        ("get_customer", "Ann"),
    ]
    assert {step.status for step in steps} == {"completed"}


class Heard(AssistantEventHandler):
    """What the SDK makes of a stream: texts, and the arguments of calls, put together from their pieces."""

    def __init__(self):
        super().__init__()
        self.texts, self.arguments = [], []

    def on_text_done(self, text):
        self.texts.append(text.value)

    def on_tool_call_done(self, tool_call):
        self.arguments.append(json.loads(tool_call.function.arguments))


def test_a_streamed_run_is_followed_by_the_sdks_handlers_through_its_calls_to_its_words(
    api, thread, wanted, outputs, shop
):
    runs, heard = api.threads.runs, [Heard()]
    with runs.stream(**wanted, event_handler=heard[0]) as stream:
        stream.until_done()
    while (run := heard[-1].current_run).status == "requires_action":
        heard.append(Heard())
        with runs.submit_tool_outputs_stream(
            run_id=run.id, thread_id=thread.id, tool_outputs=outputs(run), event_handler=heard[-1]
        ) as stream:
            stream.until_done()

    assert run.status == "completed"
    assert [each.arguments for each in heard] == [[{"order_id": "A-1"}], [{"customer_id": "C-1"}], []]
    assert heard[-1].texts == [ANSWER]
    assert shop.called == [("get_order", "A-1"), ("get_customer", "C-1")]


def test_a_run_that_is_streamed_with_its_thread_is_told_from_the_thread_on(api, assistant, errand):
    with api.threads.create_and_run_stream(assistant_id=assistant.id, metadata=errand) as stream:
        events = [each.event for each in stream]

    assert events[:2] == ["thread.created", "thread.run.created"]
    assert events[-1] == "thread.run.requires_action"

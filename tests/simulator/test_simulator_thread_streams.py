"""The streams of thread runs, read by the SDK's own event handlers."""

import asyncio
import typing

import openai as sdk
import pytest
from openai import AssistantEventHandler
from openai.types.beta import AssistantStreamEvent

FUNCTION = {"type": "function", "function": {"name": "get_order", "parameters": {"type": "object"}}}
CALLING = {
    "text": "Let me look.",
    "calls": [{"name": "get_order", "arguments": {"id": "A-1"}, "call_id": "call_1"}],
}
OUTPUTS = [{"tool_call_id": "call_1", "output": "shipped"}]
NOT_MADE = {
    "error": "belongs to no run: OpenAI sends it where it breaks down itself",
}

pytestmark = pytest.mark.filterwarnings(
    "ignore:deprecated:DeprecationWarning", "ignore:The Assistants API:DeprecationWarning"
)


@pytest.fixture
def beta(simulator):
    return simulator.openai.beta


@pytest.fixture
def started(simulator, beta):
    """What starts a run of these turns: the thread, the assistant and the scenario."""

    def start(*turns):
        simulator.scenario("streamed", *turns)
        thread = beta.threads.create(messages=[{"role": "user", "content": "Where is my order?"}])
        assistant = beta.assistants.create(model="gpt-6-astra", tools=[FUNCTION])
        return {
            "thread_id": thread.id,
            "assistant_id": assistant.id,
            "metadata": {"scenario": "streamed"},
        }

    return start


@pytest.fixture
def streamed(beta, started):
    """The events of a run of these turns, up to where it waits or ends."""

    def stream(*turns, **request):
        return list(beta.threads.runs.create(stream=True, **started(*turns) | request))

    return stream


def kinds(events):
    return [event.event.removeprefix("thread.") for event in events]


class Noting(AssistantEventHandler):
    """A handler that notes what it is told."""

    def __init__(self):
        super().__init__()
        self.noted = []

    def on_text_created(self, text):
        self.noted.append(("text created", text.value))

    def on_text_done(self, text):
        self.noted.append(("text done", text.value))

    def on_tool_call_created(self, tool_call):
        self.noted.append(("call created", tool_call.function.name))

    def on_message_done(self, message):
        self.noted.append(("message done", message.status))

    def on_run_step_done(self, run_step):
        self.noted.append(("step done", run_step.type, run_step.status))

    def on_end(self):
        self.noted.append(("end",))


def test_a_run_that_answers_is_told_from_its_creation_to_its_end(streamed):
    events = streamed({"text": "It is here."})

    assert kinds(events) == [
        "run.created",
        "run.queued",
        "run.in_progress",
        "run.step.created",
        "run.step.in_progress",
        "message.created",
        "message.in_progress",
        "message.delta",
        "message.delta",
        "message.delta",
        "message.completed",
        "run.step.completed",
        "run.completed",
    ]
    assert [event.data.status for event in events[:3]] == ["queued", "queued", "in_progress"]
    assert events[-1].data.usage.total_tokens > 0


def test_a_run_that_calls_is_told_up_to_where_it_waits_and_on_from_there(beta, streamed):
    first = streamed({"calls": CALLING["calls"]}, {"text": "done"})
    run = first[-1].data
    then = list(
        beta.threads.runs.submit_tool_outputs(
            run.id, thread_id=run.thread_id, tool_outputs=OUTPUTS, stream=True
        )
    )

    assert kinds(first)[2:] == [
        "run.in_progress",
        "run.step.created",
        "run.step.in_progress",
        *["run.step.delta"] * 3,
        "run.requires_action",
    ]
    assert kinds(then) == [
        "run.step.completed",
        "run.queued",
        "run.in_progress",
        "run.step.created",
        "run.step.in_progress",
        "message.created",
        "message.in_progress",
        "message.delta",
        "message.completed",
        "run.step.completed",
        "run.completed",
    ]
    assert then[0].data.step_details.tool_calls[0].function.output == "shipped"


def test_a_run_with_its_thread_tells_the_thread_first(beta, started):
    request = started({"text": "done"})
    del request["thread_id"]

    events = list(beta.threads.create_and_run(stream=True, thread={"messages": []}, **request))

    assert kinds(events)[:3] == ["created", "run.created", "run.queued"]
    assert events[0].data.id == events[-1].data.thread_id


def test_the_handler_of_the_sdk_goes_from_the_call_to_the_answer(beta, started):
    first, then = Noting(), Noting()

    with beta.threads.runs.stream(
        event_handler=first, **started(CALLING, {"text": "It is shipped."})
    ) as stream:
        stream.until_done()
        run = stream.current_run
        (message,) = stream.get_final_messages()
        *_, step = stream.get_final_run_steps()
    with beta.threads.runs.submit_tool_outputs_stream(
        run_id=run.id, thread_id=run.thread_id, tool_outputs=OUTPUTS, event_handler=then
    ) as stream:
        (answer,) = stream.get_final_messages()
        ended = stream.get_final_run()

    assert (run.status, ended.status) == ("requires_action", "completed")
    assert message.content[0].text.value == "Let me look."
    assert step.step_details.tool_calls[0].function.arguments == '{"id": "A-1"}'
    assert answer.content[0].text.value == "It is shipped."
    assert first.noted == [
        ("text created", "Let"),
        ("text done", "Let me look."),
        ("message done", "completed"),
        ("step done", "message_creation", "completed"),
        ("call created", "get_order"),
        ("end",),
    ]
    assert then.noted == [
        ("step done", "tool_calls", "completed"),
        ("text created", "It"),
        ("text done", "It is shipped."),
        ("message done", "completed"),
        ("step done", "message_creation", "completed"),
        ("end",),
    ]


def test_what_a_stream_adds_up_to_is_what_is_retrieved(beta, started):
    with beta.threads.runs.stream(**started(CALLING)) as stream:
        steps, messages = stream.get_final_run_steps(), stream.get_final_messages()
        run = stream.current_run
    listed = {"thread_id": run.thread_id, "order": "asc"}

    assert beta.threads.runs.retrieve(run.id, thread_id=run.thread_id) == run
    written, called = beta.threads.runs.steps.list(run.id, **listed)
    assert [written.id, called.id] == [step.id for step in steps]  # the helper does not note a step's end
    functions = [step.step_details.tool_calls[0].function for step in (called, steps[1])]
    assert functions[0] == functions[1]
    assert list(beta.threads.messages.list(run_id=run.id, **listed)) == messages


def test_a_thread_and_a_run_are_streamed_by_their_own_helper(beta, started):
    request = started({"text": "done"})
    del request["thread_id"]

    with beta.threads.create_and_run_stream(**request) as stream:
        assert "".join(stream.text_deltas) == "done"


def test_the_asynchronous_client_streams_all_the_same(simulator, started):
    request = started({"text": "It is here."})

    async def read():
        client = sdk.AsyncOpenAI(base_url=f"{simulator.url}/v1", api_key="k", max_retries=0)
        async with client, client.beta.threads.runs.stream(**request) as stream:
            return [piece async for piece in stream.text_deltas], await stream.get_final_run()

    pieces, run = asyncio.run(read())

    assert ("".join(pieces), run.status) == ("It is here.", "completed")


@pytest.mark.parametrize(
    ("turn", "end"),
    [
        ({"fail": {"code": "server_error", "message": "no"}}, ["run.in_progress", "run.failed"]),
        (
            {"text": "half", "fail": {"code": "server_error", "message": "no"}},
            ["message.delta", "message.incomplete", "run.step.failed", "run.failed"],
        ),
        ({"expired": True}, ["run.expired"]),
        (
            {"text": "half", "incomplete": "max_output_tokens"},
            ["message.delta", "message.incomplete", "run.step.completed", "run.incomplete"],
        ),
        (
            {"text": "half", "never": True, "expires_in": 0.3},
            ["message.delta", "message.incomplete", "run.step.expired", "run.expired"],
        ),
        ({"calls": [{"name": "f"}], "expires_in": 0.3}, ["run.step.delta", "run.requires_action"]),
    ],
)
def test_a_stream_tells_a_bad_end(streamed, turn, end):
    assert kinds(streamed(turn))[-len(end) :] == end


def test_a_run_cancelled_in_the_midst_of_its_text_keeps_the_part(beta, started):
    text = "word " * 40
    stream = beta.threads.runs.create(stream=True, **started({"text": text, "seconds": 3}))
    run = next(stream).data
    next(event for event in stream if event.event == "thread.message.delta")

    beta.threads.runs.cancel(run.id, thread_id=run.thread_id)

    rest = [kind for kind in kinds(stream) if kind != "message.delta"]
    (message,) = beta.threads.messages.list(run.thread_id, run_id=run.id)
    (step,) = beta.threads.runs.steps.list(run.id, thread_id=run.thread_id)
    assert rest == ["run.cancelling", "message.incomplete", "run.step.cancelled", "run.cancelled"]
    assert (message.status, message.incomplete_details.reason) == ("incomplete", "run_cancelled")
    assert text.startswith(message.content[0].text.value)
    assert (step.type, step.status) == ("message_creation", "cancelled")


def test_the_text_comes_while_the_run_is_at_work(beta, started):
    stream = beta.threads.runs.create(stream=True, **started({"text": "one two three", "never": True}))

    told = [next(stream) for _ in range(10)]
    stream.close()

    run = told[0].data
    (message,) = beta.threads.messages.list(run.thread_id, run_id=run.id)
    assert kinds(told)[-3:] == ["message.delta"] * 3
    assert (message.status, message.content[0].text.value) == ("in_progress", "one two three")
    assert beta.threads.runs.retrieve(run.id, thread_id=run.thread_id).status == "in_progress"


def test_who_breaks_off_changes_nothing(beta, started, eventually):
    stream = beta.threads.runs.create(stream=True, **started({"text": "one two", "seconds": 0.3}))
    run = next(stream).data
    stream.close()

    eventually(lambda: beta.threads.runs.retrieve(run.id, thread_id=run.thread_id).status == "completed")


def test_a_refusal_is_an_error_and_no_stream(beta, started):
    with pytest.raises(sdk.NotFoundError):
        beta.threads.runs.create(stream=True, **started({"text": "x"}) | {"assistant_id": "asst_x"})


def test_a_reset_ends_all_streams(simulator, beta, started):
    stream = beta.threads.runs.create(stream=True, **started({"never": True}))
    next(stream)

    simulator.http.post("/_sim/reset")

    assert "thread.run.completed" not in kinds(stream)


def test_every_event_has_the_class_and_the_fields_of_the_sdk(beta, streamed, started, hold_against_sdk):
    events = streamed(CALLING, {"text": "done"})
    run = events[-1].data
    again = {"thread_id": run.thread_id, "stream": True}
    events += beta.threads.runs.submit_tool_outputs(run.id, tool_outputs=OUTPUTS, **again)

    for event in events:
        hold_against_sdk(event)
    assert len({event.event for event in events}) == 13


def test_every_event_of_the_sdk_is_made_or_named_with_a_reason(simulator, beta, started, streamed):
    made = set()
    for turn in (
        {"text": "half", "fail": {"code": "server_error", "message": "no"}},
        {"expired": True},
        {"text": "half", "incomplete": "max_output_tokens"},
        {"text": "half", "never": True, "expires_in": 0.1},
        {"text": "done"},
    ):
        made |= {event.event for event in streamed(turn)}
    request = started(CALLING)
    del request["thread_id"]
    made |= {event.event for event in beta.threads.create_and_run(stream=True, **request)}
    stream = beta.threads.runs.create(stream=True, **started({"text": "half", "never": True}))
    run = next(stream).data
    next(event for event in stream if event.event == "thread.message.delta")
    beta.threads.runs.cancel(run.id, thread_id=run.thread_id)
    made |= {event.event for event in stream}

    members = typing.get_args(typing.get_args(AssistantStreamEvent)[0])
    known = {typing.get_args(each.model_fields["event"].annotation)[0] for each in members}
    assert known - made == set(NOT_MADE)

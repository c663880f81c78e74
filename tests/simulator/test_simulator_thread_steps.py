"""The steps of runs, and what can be modified and deleted in the Assistants API, through the SDK."""

import time

import openai as sdk
import pytest

# The SDK marks every method of this API as deprecated; here they are the subject.
pytestmark = pytest.mark.filterwarnings("ignore:(The Assistants API is )?deprecated:DeprecationWarning")

CALLS = {"calls": [{"name": "a", "arguments": {"b": 1}, "call_id": "call_1"}]}


@pytest.fixture
def threads(openai):
    return openai.beta.threads


@pytest.fixture
def thread(threads):
    return threads.create(messages=[{"role": "user", "content": "Where is my order?"}], metadata={"a": "b"})


@pytest.fixture
def assistant(openai):
    return openai.beta.assistants.create(model="gpt-6-astra", name="first")


@pytest.fixture
def start(simulator, threads, thread, assistant):
    def begin(*turns):
        simulator.scenario("run", *turns)
        return threads.runs.create(
            thread_id=thread.id, assistant_id=assistant.id, metadata={"scenario": "run"}
        )

    return begin


@pytest.fixture
def reached(threads, eventually):
    def wait(run, status):
        def look():
            seen = threads.runs.retrieve(run.id, thread_id=run.thread_id)
            return seen if seen.status == status else None

        return eventually(look)

    return wait


@pytest.fixture
def steps_of(threads):
    return lambda run: list(threads.runs.steps.list(run.id, thread_id=run.thread_id, order="asc"))


def answer(threads, run):
    threads.runs.submit_tool_outputs(
        run.id, thread_id=run.thread_id, tool_outputs=[{"tool_call_id": "call_1", "output": "7"}]
    )


def test_calls_are_a_step_in_progress_until_they_are_answered(threads, start, reached, steps_of):
    run = reached(start(CALLS, {"text": "done"}), "requires_action")

    (asked,) = steps_of(run)
    answer(threads, run)
    reached(run, "completed")
    answered, _ = steps_of(run)

    call = {"id": "call_1", "type": "function", "function": {"name": "a", "arguments": '{"b": 1}'}}
    assert asked.to_dict() == {
        "id": asked.id,
        "object": "thread.run.step",
        "created_at": pytest.approx(time.time(), abs=5),
        "run_id": run.id,
        "assistant_id": run.assistant_id,
        "thread_id": run.thread_id,
        "type": "tool_calls",
        "status": "in_progress",
        "step_details": {
            "type": "tool_calls",
            "tool_calls": [call | {"function": call["function"] | {"output": None}}],
        },
        "last_error": None,
        "metadata": {},
        "usage": None,
        **dict.fromkeys(("cancelled_at", "completed_at", "expired_at", "failed_at")),
    }
    assert (answered.id, answered.status) == (asked.id, "completed")
    assert answered.step_details.tool_calls[0].function.output == "7"
    assert answered.usage.total_tokens == answered.usage.prompt_tokens + answered.usage.completion_tokens
    assert answered.usage.completion_tokens > 0
    assert answered.completed_at is not None


def test_each_message_is_a_step(threads, start, reached, steps_of):
    run = reached(start(CALLS | {"text": "Let me look."}, {"text": "done"}), "requires_action")
    answer(threads, run)
    reached(run, "completed")

    said, called, done = steps_of(run)

    messages = {message.content[0].text.value: message.id for message in threads.messages.list(run.thread_id)}
    assert [each.type for each in (said, called, done)] == [
        "message_creation",
        "tool_calls",
        "message_creation",
    ]
    assert said.step_details.message_creation.message_id == messages["Let me look."]
    assert done.step_details.message_creation.message_id == messages["done"]
    assert {each.status for each in (said, called, done)} == {"completed"}


def test_a_step_is_retrieved_alone_and_the_newest_is_listed_first(threads, start, reached, steps_of):
    run = reached(start(CALLS | {"text": "Let me look."}), "requires_action")
    said, called = steps_of(run)

    retrieved = threads.runs.steps.retrieve(called.id, thread_id=run.thread_id, run_id=run.id)

    assert retrieved == called
    assert list(threads.runs.steps.list(run.id, thread_id=run.thread_id)) == [called, said]
    with pytest.raises(sdk.NotFoundError, match="step_x"):
        threads.runs.steps.retrieve("step_x", thread_id=run.thread_id, run_id=run.id)


def test_the_end_of_a_run_ends_its_open_step(threads, start, reached, steps_of):
    run = reached(start(CALLS), "requires_action")

    threads.runs.cancel(run.id, thread_id=run.thread_id)
    reached(run, "cancelled")

    (step,) = steps_of(run)
    assert step.status == "cancelled"
    assert step.cancelled_at is not None


def test_an_expired_run_has_an_expired_step(start, reached, steps_of):
    run = reached(start(CALLS | {"expires_in": 0.2}), "expired")

    (step,) = steps_of(run)
    assert step.status == "expired"
    assert step.expired_at is not None


def test_a_run_is_modified_and_goes_on_by_its_scenario(threads, start, reached):
    run = reached(start(CALLS, {"text": "by the scenario"}), "requires_action")

    modified = threads.runs.update(run.id, thread_id=run.thread_id, metadata={"c": "d"})
    answer(threads, run)
    ended = reached(run, "completed")

    assert modified.to_dict() == run.to_dict() | {"metadata": {"c": "d"}}
    assert ended.metadata == {"c": "d"}
    newest = threads.messages.list(run.thread_id).data[0]
    assert newest.content[0].text.value == "by the scenario"


def test_a_thread_is_modified(threads, thread):
    resources = {"code_interpreter": {"file_ids": ["file_1"]}}

    modified = threads.update(thread.id, metadata={"c": "d"}, tool_resources=resources)

    assert modified.to_dict() == thread.to_dict() | {"metadata": {"c": "d"}, "tool_resources": resources}
    assert threads.retrieve(thread.id) == modified
    assert threads.update(thread.id) == modified


def test_a_message_is_modified_and_deleted(threads, thread):
    (message,) = threads.messages.list(thread.id)

    modified = threads.messages.update(message.id, thread_id=thread.id, metadata={"c": "d"})
    retrieved = threads.messages.retrieve(message.id, thread_id=thread.id)
    deleted = threads.messages.delete(message.id, thread_id=thread.id)

    assert modified.to_dict() == message.to_dict() | {"metadata": {"c": "d"}}
    assert retrieved == modified
    assert deleted.to_dict() == {"id": message.id, "object": "thread.message.deleted", "deleted": True}
    assert list(threads.messages.list(thread.id)) == []
    with pytest.raises(sdk.NotFoundError, match=message.id):
        threads.messages.delete(message.id, thread_id=thread.id)


def test_an_assistant_is_modified(openai, assistant):
    modified = openai.beta.assistants.update(assistant.id, name="second", model="gpt-6-mini")

    assert modified.to_dict() == assistant.to_dict() | {"name": "second", "model": "gpt-6-mini"}
    assert openai.beta.assistants.retrieve(assistant.id) == modified


def test_a_modification_that_openai_would_refuse_changes_nothing(openai, threads, thread, assistant):
    with pytest.raises(sdk.BadRequestError):
        threads.update(thread.id, metadata={"k": 1}, tool_resources={})
    with pytest.raises(sdk.BadRequestError):
        openai.beta.assistants.update(assistant.id, name="second", tools=[{"type": "function"}])

    assert threads.retrieve(thread.id) == thread
    assert openai.beta.assistants.retrieve(assistant.id) == assistant

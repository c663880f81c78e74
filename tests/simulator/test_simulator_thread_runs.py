"""The Assistants API, through the SDK: assistants, threads, messages, and runs without any webhook."""

import time

import openai as sdk
import pytest

# The SDK marks every method of this API as deprecated; here they are the subject.
pytestmark = pytest.mark.filterwarnings("ignore:(The Assistants API is )?deprecated:DeprecationWarning")

FUNCTION = {
    "type": "function",
    "function": {
        "name": "get_order",
        "parameters": {"type": "object", "properties": {"order_id": {"type": "string"}}},
    },
}
UNFIT = {"type": "function", "function": FUNCTION["function"] | {"strict": True}}
QUICKLY = {"poll_interval_ms": 10}


@pytest.fixture
def beta(openai):
    return openai.beta


@pytest.fixture
def runs(beta):
    return beta.threads.runs


@pytest.fixture
def thread(beta):
    return beta.threads.create(messages=[{"role": "user", "content": "Where is my order?"}])


@pytest.fixture
def start(simulator, beta, runs, thread):
    """Start a run of a scenario made of these turns; without turns, of none."""

    def begin(*turns, assistant=None, **request):
        if turns:
            simulator.scenario("run", *turns)
            request["metadata"] = {"scenario": "run"}
        assistant = assistant or beta.assistants.create(model="gpt-6-astra", tools=[FUNCTION])
        return runs.create(thread_id=thread.id, assistant_id=assistant.id, **request)

    return begin


@pytest.fixture
def seen_in(runs, eventually):
    """Wait until a run is in a status."""

    def wait(run, *statuses):
        def look():
            seen = runs.retrieve(run.id, thread_id=run.thread_id)
            return seen if seen.status in statuses else None

        return eventually(look)

    return wait


def outputs_for(run):
    calls = run.required_action.submit_tool_outputs.tool_calls
    return [{"tool_call_id": call.id, "output": "{}"} for call in calls]


def texts(messages):
    return [message.content[0].text.value for message in messages]


def test_the_helpers_of_the_sdk_take_a_run_through_its_calls_to_its_answer(beta, runs, thread):
    assistant = beta.assistants.create(model="gpt-6-astra", tools=[FUNCTION], instructions="Be short.")

    waiting = runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
    (call,) = waiting.required_action.submit_tool_outputs.tool_calls
    ended = runs.submit_tool_outputs_and_poll(
        thread_id=thread.id, run_id=waiting.id, tool_outputs=outputs_for(waiting)
    )

    assert (waiting.status, waiting.usage, waiting.instructions) == ("requires_action", None, "Be short.")
    assert (call.function.name, call.function.arguments) == ("get_order", '{"order_id": "order_id-1"}')
    assert (ended.status, ended.required_action) == ("completed", None)
    assert ended.usage.total_tokens == ended.usage.prompt_tokens + ended.usage.completion_tokens > 0
    (answer,) = beta.threads.messages.list(thread.id, run_id=ended.id)
    assert (answer.role, answer.assistant_id, texts([answer])) == ("assistant", assistant.id, ["done"])
    assert texts(beta.threads.messages.list(thread.id, order="asc")) == ["Where is my order?", "done"]


def test_a_run_is_queued_then_in_progress_then_completed(start, seen_in):
    run = start({"seconds": 0.6, "text": "x"})

    assert (run.status, run.usage, run.started_at) == ("queued", None, None)
    assert 590 <= run.expires_at - run.created_at <= 610
    assert seen_in(run, "in_progress").usage is None
    assert seen_in(run, "completed").completed_at >= run.created_at


def test_every_field_is_one_the_sdk_knows_and_has_the_type_it_says(beta, start, seen_in, thread):
    run = seen_in(start(tools=[FUNCTION]), "requires_action")
    (message,) = beta.threads.messages.list(thread.id)

    for shown in (run, message, thread, beta.assistants.retrieve(run.assistant_id)):
        assert shown.model_extra == {}
        type(shown).model_validate(shown.to_dict(mode="json"))


def test_retrieval_says_when_to_poll_again_until_the_run_has_ended(runs, start, seen_in):
    run = start({"seconds": 0.5, "text": "x"})

    first = runs.with_raw_response.retrieve(run.id, thread_id=run.thread_id)
    seen_in(run, "completed")
    last = runs.with_raw_response.retrieve(run.id, thread_id=run.thread_id)

    assert int(first.headers["openai-poll-after-ms"]) > 0
    assert "openai-poll-after-ms" not in last.headers


def test_each_turn_of_a_scenario_is_one_leg_between_tool_outputs(beta, runs, start, thread):
    run = start(
        {"text": "let me look", "calls": [{"name": "a"}, {"name": "b", "arguments": '{"x": '}]},
        {"calls": [{"name": "c", "call_id": "call_mine"}]},
        {"text": "the answer"},
    )

    asked = []
    run = runs.poll(run.id, thread_id=thread.id, **QUICKLY)
    while run.status == "requires_action":
        calls = run.required_action.submit_tool_outputs.tool_calls
        asked.append([(call.function.name, call.function.arguments) for call in calls])
        run = runs.submit_tool_outputs_and_poll(
            thread_id=thread.id, run_id=run.id, tool_outputs=outputs_for(run), **QUICKLY
        )

    assert (run.status, asked) == ("completed", [[("a", "{}"), ("b", '{"x": ')], [("c", "{}")]])
    said = beta.threads.messages.list(thread.id, run_id=run.id, order="asc")
    assert texts(said) == ["let me look", "the answer"]


@pytest.mark.parametrize("given", [[0], [], [0, 0], [0, 1, 1], [0, "call_x"]])
def test_outputs_that_are_not_those_of_all_calls_are_refused(runs, start, seen_in, given):
    run = seen_in(start({"calls": [{"name": "a"}, {"name": "b"}]}), "requires_action")
    known = outputs_for(run)
    outputs = [
        known[each] if isinstance(each, int) else {"tool_call_id": each, "output": ""} for each in given
    ]

    with pytest.raises(sdk.BadRequestError, match="Expected tool outputs for call_ids"):
        runs.submit_tool_outputs(run.id, thread_id=run.thread_id, tool_outputs=outputs)

    assert runs.retrieve(run.id, thread_id=run.thread_id).status == "requires_action"


def test_an_output_that_is_no_string_is_refused(runs, start, seen_in):
    run = seen_in(start({"calls": [{"name": "a"}]}), "requires_action")
    (output,) = outputs_for(run)

    with pytest.raises(sdk.BadRequestError, match="a string"):
        runs.submit_tool_outputs(run.id, thread_id=run.thread_id, tool_outputs=[output | {"output": {}}])


def test_a_run_that_waits_for_nothing_takes_no_outputs(runs, start, seen_in):
    run = seen_in(start({"calls": [{"name": "a"}]}), "requires_action")
    submitted = {"thread_id": run.thread_id, "tool_outputs": outputs_for(run)}
    runs.submit_tool_outputs(run.id, **submitted)

    with pytest.raises(sdk.BadRequestError, match="do not accept tool outputs"):
        runs.submit_tool_outputs(run.id, **submitted)


def test_an_active_run_locks_its_thread(beta, start, seen_in, thread):
    run = start({"calls": [{"name": "a"}]})

    with pytest.raises(sdk.BadRequestError, match=f"already has an active run {run.id}"):
        start()
    with pytest.raises(sdk.BadRequestError, match=f"while a run {run.id} is active"):
        beta.threads.messages.create(thread.id, role="user", content="more")
    beta.threads.runs.cancel(run.id, thread_id=thread.id)
    seen_in(run, "cancelled")

    beta.threads.messages.create(thread.id, role="user", content="more")
    assert start().status == "queued"


@pytest.mark.parametrize(
    ("turn", "status"), [({"never": True}, "in_progress"), ({"calls": [{"name": "a"}]}, "requires_action")]
)
def test_a_cancelled_run_is_cancelling_and_then_cancelled(runs, start, seen_in, turn, status):
    run = seen_in(start(turn), status)

    cancelling = runs.cancel(run.id, thread_id=run.thread_id)
    with pytest.raises(sdk.BadRequestError, match="'cancelling'"):
        runs.cancel(run.id, thread_id=run.thread_id)
    cancelled = seen_in(run, "cancelled")

    assert (cancelling.status, cancelling.required_action) == ("cancelling", None)
    assert cancelled.cancelled_at >= cancelled.created_at
    with pytest.raises(sdk.BadRequestError, match="'cancelled'"):
        runs.cancel(run.id, thread_id=run.thread_id)


def test_a_run_that_fails_says_why(start, seen_in):
    run = seen_in(start({"fail": {"code": "rate_limit_exceeded", "message": "Too fast."}}), "failed")

    assert run.last_error.to_dict() == {"code": "rate_limit_exceeded", "message": "Too fast."}
    assert run.failed_at >= run.created_at


def test_an_incomplete_run_says_why_and_leaves_what_it_said(beta, start, seen_in, thread):
    run = seen_in(start({"incomplete": "max_output_tokens", "text": "half a sen"}), "incomplete")

    assert run.incomplete_details.reason == "max_completion_tokens"
    (message,) = beta.threads.messages.list(thread.id, run_id=run.id)
    assert (message.status, texts([message])) == ("incomplete", ["half a sen"])


def test_a_scenario_can_let_a_run_expire(start, seen_in):
    run = seen_in(start({"expired": True, "text": "never said"}), "expired")

    assert (run.completed_at, run.expires_at) == (None, None)
    assert run.usage is not None


@pytest.mark.parametrize("turn", [{"never": True}, {"calls": [{"name": "a"}]}])
def test_a_run_expires_when_its_time_has_passed(runs, start, seen_in, turn):
    run = seen_in(start(turn | {"expires_in": 0.3}), "expired")

    assert run.required_action is None
    with pytest.raises(sdk.BadRequestError, match="do not accept tool outputs"):
        runs.submit_tool_outputs(run.id, thread_id=run.thread_id, tool_outputs=[])


def test_a_run_that_ends_in_time_does_not_expire(runs, start, seen_in):
    run = seen_in(start({"text": "x", "expires_in": 0.2}), "completed")

    time.sleep(0.3)
    assert runs.retrieve(run.id, thread_id=run.thread_id).status == "completed"


def test_a_run_takes_from_its_assistant_what_the_request_leaves_open(beta, start):
    assistant = beta.assistants.create(
        model="gpt-6-astra", instructions="Be short.", tools=[FUNCTION], temperature=0.5
    )

    run = start(
        assistant=assistant,
        additional_instructions="Be kind.",
        model="gpt-6-nova",
        tools=[],
        max_prompt_tokens=9,
    )

    assert (run.instructions, run.model, run.temperature) == ("Be short.\n\nBe kind.", "gpt-6-nova", 0.5)
    assert (run.tools, run.max_prompt_tokens) == ([], 9)


def test_a_thread_and_its_run_can_be_created_at_once(beta, runs):
    assistant = beta.assistants.create(model="gpt-6-astra")

    run = beta.threads.create_and_run_poll(
        assistant_id=assistant.id, thread={"messages": [{"role": "user", "content": "hi"}]}, **QUICKLY
    )

    assert run.status == "completed"
    assert texts(beta.threads.messages.list(run.thread_id)) == ["done", "hi"]
    assert [each.id for each in runs.list(run.thread_id)] == [run.id]


def test_additional_messages_come_into_the_thread(beta, start, seen_in, thread):
    run = start(additional_messages=[{"role": "user", "content": [{"type": "text", "text": "and?"}]}])
    seen_in(run, "requires_action")

    assert texts(beta.threads.messages.list(thread.id)) == ["and?", "Where is my order?"]


def test_no_webhook_ever_tells_of_a_run(simulator, receiver, start, seen_in):
    seen_in(start({"text": "x"}), "completed")

    time.sleep(0.1)
    assert receiver.received == []
    assert simulator.journal(kind="webhook") == []


def test_what_is_deleted_is_gone(beta, thread):
    assistant = beta.assistants.create(model="gpt-6-astra")

    assert beta.assistants.delete(assistant.id).deleted
    assert beta.threads.delete(thread.id).deleted

    with pytest.raises(sdk.NotFoundError, match=assistant.id):
        beta.assistants.retrieve(assistant.id)
    with pytest.raises(sdk.NotFoundError, match=thread.id):
        beta.threads.retrieve(thread.id)
    with pytest.raises(sdk.NotFoundError, match=thread.id):
        beta.threads.runs.retrieve("run_x", thread_id=thread.id)


def test_a_run_is_found_only_in_its_own_thread(beta, runs, start):
    run = start()
    other = beta.threads.create()

    with pytest.raises(sdk.NotFoundError, match=run.id):
        runs.retrieve(run.id, thread_id=other.id)


def test_messages_and_assistants_are_retrieved_and_listed(beta, thread):
    assistant = beta.assistants.create(model="gpt-6-astra", name="desk")
    message = beta.threads.messages.create(thread.id, role="user", content="more", metadata={"a": "b"})

    assert beta.threads.messages.retrieve(message.id, thread_id=thread.id).metadata == {"a": "b"}
    assert [each.id for each in beta.assistants.list()] == [assistant.id]
    with pytest.raises(sdk.NotFoundError, match="msg_x"):
        beta.threads.messages.retrieve("msg_x", thread_id=thread.id)


@pytest.mark.parametrize(
    ("path", "body", "param"),
    [
        ("assistants", {}, "model"),
        ("assistants", {"model": "m", "tools": {}}, "tools"),
        ("assistants", {"model": "m", "tools": [{}]}, "tools[0].type"),
        ("assistants", {"model": "m", "tools": [{"type": "function"}]}, "tools[0].function.name"),
        ("assistants", {"model": "m", "tools": [FUNCTION, FUNCTION]}, "tools[1].function.name"),
        ("assistants", {"model": "m", "tools": [UNFIT]}, "tools[0].function.parameters"),
        ("assistants", {"model": "m", "temperature": 3}, "temperature"),
        ("assistants", {"model": "m", "metadata": {"k": 1}}, "metadata.k"),
        ("threads", {"messages": [{"role": "system", "content": "x"}]}, "messages[0].role"),
        ("threads", {"messages": [{"role": "user"}]}, "messages[0].content"),
        ("threads", {"messages": [{"role": "user", "content": [1]}]}, "messages[0].content"),
    ],
)
def test_a_body_that_openai_would_refuse_is_refused(openai, path, body, param):
    headers = {"OpenAI-Beta": "assistants=v2"}

    with pytest.raises(sdk.BadRequestError) as refused:
        openai.post(f"/{path}", body=body, cast_to=object, options={"headers": headers})

    assert refused.value.param == param


def test_a_run_of_an_unknown_assistant_is_refused(runs, start, thread):
    with pytest.raises(sdk.NotFoundError, match="asst_x"):
        runs.create(thread_id=thread.id, assistant_id="asst_x")
    with pytest.raises(sdk.BadRequestError, match="Expected a value <= 1, but got 2 instead"):
        start(top_p=2)


@pytest.mark.parametrize("headers", [{}, {"OpenAI-Beta": "assistants=v1"}])
def test_the_beta_header_is_needed(simulator, headers):
    answer = simulator.http.post("/v1/threads", headers={"authorization": "Bearer sk-test"} | headers)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_beta")


def test_resources_list_runs(simulator, start, seen_in):
    run = seen_in(start({"calls": [{"name": "a"}]}), "requires_action")

    (resource,) = simulator.http.get("/_sim/resources").json()

    assert isinstance(resource.pop("created_at"), float)
    assert resource == {
        "id": run.id,
        "object": "thread.run",
        "status": "requires_action",
        "metadata": {"scenario": "run"},
        "thread_id": run.thread_id,
        "required_action": run.required_action.to_dict(),
        "last_error": None,
        "ended_at": None,
    }


def test_a_reset_forgets_threads_runs_and_assistants(simulator, beta, runs, start):
    run = start({"never": True})

    simulator.http.post("/_sim/reset")

    assert simulator.http.get("/_sim/resources").json() == []
    assert list(beta.assistants.list()) == []
    with pytest.raises(sdk.NotFoundError, match=run.thread_id):
        runs.retrieve(run.id, thread_id=run.thread_id)


def test_a_lost_answer_has_started_a_run(simulator, runs, beta, thread):
    assistant = beta.assistants.create(model="gpt-6-astra")
    simulator.faults(seed=1, api={"lost_answer": 1, "methods": ["POST"]})

    with pytest.raises(sdk.APIConnectionError):
        runs.create(thread_id=thread.id, assistant_id=assistant.id, metadata={"run_id": "run_1"})

    (found,) = runs.list(thread.id)
    assert found.metadata == {"run_id": "run_1"}

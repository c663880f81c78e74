"""How streams of responses end before their time, and what else happens while one is read."""

import openai as sdk
import pytest

ENDLESS = {"text": "One moment.", "calls": [{"name": "get_order", "arguments": {"order_id": "A-1"}}]}


@pytest.fixture
def endless(simulator):
    """The stream of a response that stops in the midst of its last item, and the events up to there."""

    def create(**request):
        simulator.scenario("endless", {"never": True, "seconds": 0, **ENDLESS})
        stream = simulator.create("endless", stream=True, **request)
        return stream, [next(stream) for _ in range(13 if request.get("background", True) else 12)]

    return create


def test_a_cancelled_response_ends_its_stream_and_keeps_what_it_had_put_out(simulator, endless):
    stream, told = endless()

    cancelled = simulator.openai.responses.cancel(told[0].response.id)

    assert list(stream) == []
    message, call = cancelled.output
    assert (cancelled.status, cancelled.service_tier, cancelled.usage) == ("cancelled", "auto", None)
    assert (message.status, message.content[0].text) == ("completed", "One moment.")
    assert (call.status, call.arguments) == ("incomplete", '{"order_id": "A-1"}')
    assert simulator.openai.responses.retrieve(cancelled.id).output == [message, call]


def test_a_response_cancelled_in_the_midst_of_its_text_keeps_the_part(simulator):
    text = "word " * 40
    simulator.scenario("slow", {"text": text, "seconds": 3})
    stream = simulator.create("slow", stream=True)
    created = next(stream).response
    next(event for event in stream if event.type == "response.output_text.delta")

    cancelled = simulator.openai.responses.cancel(created.id)

    (message,) = cancelled.output
    assert message.status == "incomplete"
    assert text.startswith(message.content[0].text)
    assert 0 < len(message.content[0].text) < len(text)


def test_a_response_cancelled_while_it_is_queued_has_no_output(simulator):
    simulator.scenario("slow", {"text": "never said", "seconds": 20})

    assert simulator.openai.responses.cancel(simulator.create("slow").id).output == []


def test_a_response_without_a_stream_keeps_its_part_too(simulator, eventually):
    simulator.scenario("endless", {"never": True, "seconds": 0, **ENDLESS})
    created = simulator.create("endless")
    eventually(lambda: simulator.openai.responses.retrieve(created.id).status == "in_progress")

    cancelled = simulator.openai.responses.cancel(created.id)

    assert [(item.type, item.status) for item in cancelled.output] == [
        ("message", "completed"),
        ("function_call", "incomplete"),
    ]


def test_a_cancellation_changes_nothing_that_was_told(simulator, endless):
    _, told = endless(stream_options={"include_obfuscation": False})
    response_id = told[0].response.id
    simulator.openai.responses.cancel(response_id)

    again = simulator.openai.responses.retrieve(response_id, stream=True, include_obfuscation=False)

    assert list(again) == told


def test_who_breaks_off_a_foreground_stream_cancels_the_response(simulator, endless, eventually):
    conversation = simulator.openai.conversations.create()
    stream, told = endless(background=False, conversation=conversation.id)
    stream.close()

    seen = eventually(
        lambda: next(
            (
                each
                for each in [simulator.openai.responses.retrieve(told[0].response.id)]
                if each.status == "cancelled"
            ),
            None,
        )
    )

    assert [item.type for item in seen.output] == ["message", "function_call"]
    assert simulator.create(conversation=conversation.id, background=False).status == "completed"
    assert simulator.journal(kind="webhook") == []


def test_who_breaks_off_a_background_stream_changes_nothing(simulator):
    simulator.scenario("slow", {"text": "One moment.", "seconds": 0.3})
    stream = simulator.create("slow", stream=True)
    first = next(stream)
    stream.close()

    assert simulator.ended(first.response).output_text == "One moment."


def test_a_streamed_background_response_announces_its_end_by_webhook(simulator, receiver, eventually):
    simulator.scenario("quick", {"text": "done"})
    *_, last = simulator.create("quick", stream=True)

    (hook,) = eventually(lambda: receiver.received)

    event = simulator.openai.webhooks.unwrap(hook.body, hook.headers)
    assert (event.type, event.data.id) == ("response.completed", last.response.id)


def test_a_deleted_response_ends_its_stream(simulator, endless):
    stream, told = endless()

    simulator.openai.responses.delete(told[0].response.id)

    assert list(stream) == []


@pytest.mark.parametrize("background", [True, False])
def test_a_reset_ends_all_streams(simulator, endless, background):
    stream, _ = endless(background=background)

    simulator.http.post("/_sim/reset")

    assert list(stream) == []


def test_a_stream_is_journaled_and_has_the_headers_of_openai(simulator):
    stream = simulator.create(stream=True)
    list(stream)

    assert stream.response.headers["x-request-id"].startswith("req_")
    (entry,) = simulator.journal(kind="request", path="/v1/responses")
    assert (entry["method"], entry["status"], entry["response"]) == ("POST", 200, None)
    assert entry["request"]["stream"] is True


def test_a_stream_that_openai_would_refuse_is_refused_as_anything_else(simulator):
    with pytest.raises(sdk.BadRequestError) as refused:
        simulator.create(stream=True, extra_body={"model": ""})

    assert refused.value.param == "model"


def test_a_fault_strikes_before_a_stream_begins(simulator):
    simulator.faults(seed=1, api={"503": 1})

    with pytest.raises(sdk.InternalServerError):
        simulator.create(stream=True)


def test_a_stream_whose_answer_is_lost_goes_on_without_a_reader(simulator, eventually):
    simulator.faults(seed=1, api={"lost_answer": 1, "methods": ["POST"]})

    with pytest.raises(sdk.APIConnectionError):
        simulator.create(stream=True)

    def ended():
        return [each["status"] for each in simulator.http.get("/_sim/resources").json()] == ["completed"]

    assert eventually(ended)

"""The event streams of responses, read by the SDK."""

import asyncio

import openai as sdk
import pytest

SPEAKING_AND_CALLING = {
    "text": "Let me look.",
    "calls": [{"name": "get_order", "arguments": {"order_id": "A-1"}}],
}


@pytest.fixture
def streamed(simulator):
    """A stream of one turn of the model."""

    def create(*turns, **request):
        if turns:
            simulator.scenario("streamed", *turns)
        return simulator.create(
            "streamed" if turns else None, **{"background": False, "stream": True} | request
        )

    return create


@pytest.fixture
def retrieved(simulator):
    """A later look at the stream of a response."""

    def retrieve(response_id, **query):
        return simulator.openai.responses.retrieve(response_id, stream=True, **query)

    return retrieve


def told(event):
    return {key: value for key, value in event.to_dict(mode="json").items() if key != "obfuscation"}


def kinds(events):
    return [event.type.removeprefix("response.") for event in events]


def test_a_stream_tells_a_response_from_its_creation_to_its_end(streamed):
    events = list(streamed(SPEAKING_AND_CALLING))

    assert kinds(events) == [
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.delta",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "output_item.added",
        "function_call_arguments.delta",
        "function_call_arguments.delta",
        "function_call_arguments.done",
        "output_item.done",
        "completed",
    ]
    assert [event.sequence_number for event in events] == list(range(len(events)))


def test_a_background_response_is_queued_in_its_stream(streamed):
    events = list(streamed({"text": "done"}, background=True))

    assert kinds(events)[:3] == ["created", "queued", "in_progress"]
    assert [event.response.status for event in events[:3]] == ["queued", "queued", "in_progress"]
    assert events[-1].response.status == "completed"


def test_the_pieces_add_up_to_the_output(streamed):
    events = list(streamed(SPEAKING_AND_CALLING))

    pieces = {"output_text": "", "function_call_arguments": ""}
    for event in events:
        if event.type.endswith(".delta"):
            pieces[event.type.split(".")[1]] += event.delta
    message, call = events[-1].response.output
    assert pieces == {"output_text": "Let me look.", "function_call_arguments": '{"order_id": "A-1"}'}
    assert (message.content[0].text, call.arguments) == tuple(pieces.values())
    assert [event.item for event in events if event.type == "response.output_item.done"] == [message, call]


def test_an_item_begins_empty_and_in_progress(streamed):
    events = list(streamed(SPEAKING_AND_CALLING))

    message, call = (event.item for event in events if event.type == "response.output_item.added")
    (part,) = (event.part for event in events if event.type == "response.content_part.added")
    assert (message.status, message.content, part.text) == ("in_progress", [], "")
    assert (call.status, call.arguments, call.name) == ("in_progress", "", "get_order")


def test_what_was_told_is_not_changed_by_what_comes_after(streamed):
    first, *_, last = streamed({"text": "done"})

    assert (first.response.status, first.response.output, first.response.usage) == ("in_progress", [], None)
    assert (last.response.status, last.response.output_text) == ("completed", "done")


def test_every_event_has_the_class_and_the_fields_of_the_sdk(streamed):
    custom = {
        "type": "custom_tool_call",
        "id": "ctc_1",
        "call_id": "call_1",
        "name": "sql",
        "input": "select 1",
    }
    refusal = {
        "type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
        "content": [{"type": "refusal", "refusal": "I will not."}],
    }  # fmt: skip
    thought = {
        "type": "reasoning",
        "id": "rs_1",
        "summary": [{"type": "summary_text", "text": "hard to say"}],
    }
    approval = {"server_label": "s", "name": "n", "arguments": {"a": 1}}
    turn = SPEAKING_AND_CALLING | {"approvals": [approval], "items": [custom, refusal, thought]}

    events = list(streamed(turn, extra_body={"stream_options": {"include_obfuscation": False}}))

    for event in events:
        assert event.model_extra == {}
        type(event).model_validate(event.to_dict(mode="json"))
    assert {"custom_tool_call_input.done", "refusal.done", "reasoning_summary_text.done"} <= set(
        kinds(events)
    )


def test_an_item_of_an_unknown_kind_is_there_at_once(simulator):
    item = {"type": "hologram", "id": "holo_1", "anything": {"goes": [1, 2]}}
    simulator.scenario("odd", {"items": [item]})

    raw = simulator.http.post(
        "/v1/responses",
        json={"model": "m", "input": "x", "stream": True, "metadata": {"scenario": "odd"}},
        headers={"authorization": "Bearer sk-test"},
    )

    assert raw.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert [line for line in raw.text.splitlines() if line.startswith("event:")] == [
        "event: response.created",
        "event: response.in_progress",
        "event: response.output_item.added",
        "event: response.output_item.done",
        "event: response.completed",
    ]


@pytest.mark.parametrize(
    ("turn", "end", "status"),
    [
        ({"fail": {"code": "server_error", "message": "It broke."}}, "failed", "failed"),
        ({"incomplete": "max_output_tokens", "text": "half a sen"}, "incomplete", "incomplete"),
    ],
)
def test_a_stream_tells_a_bad_end(streamed, turn, end, status):
    events = list(streamed(turn))

    assert kinds(events)[-1] == end
    assert events[-1].response.status == status


def test_deltas_are_padded_to_one_size_unless_that_is_not_wanted(streamed, retrieved):
    events = list(streamed({"text": "one two"}, background=True))
    bare = list(streamed({"text": "one two"}, stream_options={"include_obfuscation": False}))
    again = list(retrieved(events[0].response.id, include_obfuscation=False))

    sizes = {len(event.delta + event.obfuscation) for event in events if event.type.endswith("delta")}
    assert sizes == {16}
    assert not any("obfuscation" in event.model_extra for event in [*bare, *again])


def test_the_pieces_come_while_the_model_works(simulator, streamed):
    stream = streamed({"text": "one two three", "never": True}, background=True)

    told = [next(stream) for _ in range(8)]
    stream.close()

    assert kinds(told)[-3:] == ["output_text.delta"] * 3
    assert simulator.openai.responses.retrieve(told[0].response.id).status == "in_progress"


def test_the_helper_collects_the_response(simulator, function_tool):
    with simulator.openai.responses.stream(model="m", input="x", tools=[function_tool]) as stream:
        events = list(stream)
        response = stream.get_final_response()

    assert response.output[0].parsed_arguments == {"order_id": "order_id-1"}
    assert [e.snapshot for e in events if e.type == "response.function_call_arguments.delta"][-1] == (
        '{"order_id": "order_id-1"}'
    )


def test_a_reader_may_come_after_the_end(simulator, streamed, retrieved):
    events = list(streamed(SPEAKING_AND_CALLING, background=True))

    again = list(retrieved(events[0].response.id))

    assert [told(event) for event in again] == [told(event) for event in events]
    with simulator.openai.responses.stream(response_id=events[0].response.id) as stream:
        assert stream.get_final_response().output_text == "Let me look."


def test_who_broke_off_takes_up_where_they_were(streamed, retrieved):
    stream = streamed({"text": "one two three four", "seconds": 0.5}, background=True)
    before = [next(stream) for _ in range(6)]
    stream.close()

    after = list(retrieved(before[0].response.id, starting_after=before[-1].sequence_number))

    numbers = [event.sequence_number for event in [*before, *after]]
    assert numbers == list(range(len(numbers)))
    assert after[-1].type == "response.completed"


def test_the_helper_takes_up_too(simulator, streamed):
    events = list(streamed({"text": "one two"}, background=True))

    with simulator.openai.responses.stream(response_id=events[0].response.id, starting_after=4) as stream:
        assert [event.sequence_number for event in stream] == list(range(5, len(events)))


def test_two_readers_read_the_same(streamed, retrieved):
    stream = streamed({"text": "one two three", "seconds": 0.3}, background=True)
    first = next(stream)

    other = list(retrieved(first.response.id))

    assert kinds([first, *stream]) == kinds(other)


def test_nothing_is_left_to_tell_after_the_last_event(streamed, retrieved):
    events = list(streamed({"text": "done"}, background=True))

    assert list(retrieved(events[0].response.id, starting_after=events[-1].sequence_number)) == []


def test_the_asynchronous_client_streams_all_the_same(simulator):
    async def read():
        async with sdk.AsyncOpenAI(
            base_url=f"{simulator.url}/v1", api_key="sk-test", max_retries=0
        ) as client:
            asked = {"model": "m", "input": "x"}
            created = [
                event async for event in await client.responses.create(stream=True, background=True, **asked)
            ]
            async with client.responses.stream(**asked) as stream:
                collected = await stream.get_final_response()
            again = await client.responses.retrieve(created[0].response.id, stream=True, starting_after=1)
            return created, collected, [event async for event in again]

    created, collected, again = asyncio.run(read())

    assert collected.output_text == "done"
    assert kinds(again) == kinds(created)[2:]


@pytest.mark.parametrize(
    ("created", "missing"), [({"background": False, "stream": True}, "background"), ({}, "stream")]
)
def test_only_a_background_response_with_a_stream_can_be_read_again(simulator, retrieved, created, missing):
    answer = simulator.create(**created)
    response = list(answer)[-1].response if "stream" in created else answer

    with pytest.raises(sdk.BadRequestError, match=f"not created with {missing}=true") as refused:
        retrieved(response.id)

    assert (refused.value.param, refused.value.code) == ("stream", "invalid_request_error")


def test_where_to_begin_must_be_a_number(simulator, streamed):
    first, *_ = streamed({"text": "done"}, background=True)

    with pytest.raises(sdk.BadRequestError) as refused:
        simulator.openai.get(f"/responses/{first.response.id}?stream=true&starting_after=x", cast_to=object)

    assert refused.value.param == "starting_after"

"""Conversations, through the SDK."""

import openai as sdk
import pytest


def test_a_conversation_is_created_and_retrieved(openai):
    created = openai.conversations.create(metadata={"a": "b"})

    retrieved = openai.conversations.retrieve(created.id)

    assert created.id.startswith("conv_")
    assert retrieved == created
    assert retrieved.metadata == {"a": "b"}


@pytest.mark.parametrize("as_object", [True, False])
def test_turns_follow_the_responses_of_a_conversation(simulator, as_object):
    simulator.scenario("two", {"calls": [{"name": "a"}]}, {"text": "second"})
    conversation = simulator.openai.conversations.create()
    given = {"id": conversation.id} if as_object else conversation.id

    first = simulator.ended(simulator.create("two", conversation=given))
    output = {"type": "function_call_output", "call_id": first.output[0].call_id, "output": "{}"}
    second = simulator.ended(simulator.create("two", conversation=given, input=[output]))

    assert first.conversation.id == conversation.id
    assert second.output_text == "second"


def test_a_call_left_open_in_a_conversation_is_refused(simulator):
    simulator.scenario("calls", {"calls": [{"name": "a"}]})
    conversation = simulator.openai.conversations.create()
    first = simulator.ended(simulator.create("calls", conversation=conversation.id))

    with pytest.raises(sdk.BadRequestError, match=first.output[0].call_id):
        simulator.create("calls", conversation=conversation.id)


def test_a_conversation_is_locked_while_a_response_is_at_work_on_it(simulator):
    simulator.scenario("endless", {"never": True})
    conversation = simulator.openai.conversations.create()
    first = simulator.create("endless", conversation=conversation.id)

    with pytest.raises(sdk.BadRequestError, match="Another process is currently operating") as refused:
        simulator.create("endless", conversation=conversation.id)
    simulator.openai.responses.cancel(first.id)
    simulator.create("endless", conversation=conversation.id)

    assert refused.value.code == "conversation_locked"


def test_a_deleted_response_leaves_its_conversation_free(simulator):
    simulator.scenario("endless", {"never": True})
    conversation = simulator.openai.conversations.create()
    first = simulator.create("endless", conversation=conversation.id)

    simulator.openai.responses.delete(first.id)

    assert simulator.create("endless", conversation=conversation.id).status == "queued"


def test_items_are_added_after_the_response_has_ended(simulator):
    items = [{"type": "message", "role": "user", "content": "first"}]
    conversation = simulator.openai.conversations.create(items=items)

    simulator.ended(simulator.create(conversation=conversation.id, input="second"))

    kept = simulator.openai.conversations.items.list(conversation.id, order="asc")
    assert [item.content[0].text for item in kept] == ["first", "second", "done"]


def test_unknown_conversations_are_not_found(simulator):
    with pytest.raises(sdk.NotFoundError):
        simulator.openai.conversations.retrieve("conv_x")
    with pytest.raises(sdk.NotFoundError):
        simulator.create(conversation="conv_x")
    with pytest.raises(sdk.NotFoundError):
        simulator.create(conversation={"id": "conv_x"})

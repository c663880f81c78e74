"""The items of conversations, and what can be changed and deleted, through the SDK."""

import openai as sdk
import pytest


def message(text):
    return {"type": "message", "role": "user", "content": text}


@pytest.fixture
def conversation(openai):
    return openai.conversations.create(items=[message("first")], metadata={"a": "b"})


@pytest.fixture
def texts(openai, conversation):
    def look():
        listed = openai.conversations.items.list(conversation.id, order="asc")
        return [item.content[0].text for item in listed]

    return look


def test_items_are_added_in_their_order_and_listed(openai, conversation, texts):
    added = openai.conversations.items.create(conversation.id, items=[message("second"), message("third")])

    assert texts() == ["first", "second", "third"]
    assert [item.content[0].text for item in added.data] == ["second", "third"]
    assert added.to_dict() == {
        "object": "list",
        "data": [item.to_dict() for item in added.data],
        "first_id": added.data[0].id,
        "last_id": added.data[1].id,
        "has_more": False,
    }


def test_an_added_item_is_seen_by_the_next_response(simulator, conversation, texts):
    simulator.openai.conversations.items.create(conversation.id, items=[message("second")])

    simulator.ended(simulator.create(conversation=conversation.id, input="third"))

    assert texts() == ["first", "second", "third", "done"]


def test_an_item_is_retrieved_alone(openai, conversation):
    (listed,) = openai.conversations.items.list(conversation.id)

    retrieved = openai.conversations.items.retrieve(listed.id, conversation_id=conversation.id)

    assert retrieved == listed
    assert (retrieved.type, retrieved.status, retrieved.role) == ("message", "completed", "user")


def test_a_deleted_item_is_gone_and_its_conversation_the_answer(openai, conversation, texts):
    openai.conversations.items.create(conversation.id, items=[message("second")])
    first, _ = openai.conversations.items.list(conversation.id, order="asc")

    answered = openai.conversations.items.delete(first.id, conversation_id=conversation.id)

    assert answered == conversation
    assert texts() == ["second"]
    with pytest.raises(sdk.NotFoundError, match=first.id):
        openai.conversations.items.retrieve(first.id, conversation_id=conversation.id)
    with pytest.raises(sdk.NotFoundError, match=first.id):
        openai.conversations.items.delete(first.id, conversation_id=conversation.id)


def test_an_update_replaces_the_metadata(openai, conversation):
    updated = openai.conversations.update(conversation.id, metadata={"c": "d"})

    assert updated.to_dict() == conversation.to_dict() | {"metadata": {"c": "d"}}
    assert openai.conversations.retrieve(conversation.id) == updated


def test_a_deleted_conversation_is_gone(simulator, openai, conversation):
    deleted = openai.conversations.delete(conversation.id)

    assert deleted.to_dict() == {"id": conversation.id, "object": "conversation.deleted", "deleted": True}
    with pytest.raises(sdk.NotFoundError):
        openai.conversations.retrieve(conversation.id)
    with pytest.raises(sdk.NotFoundError):
        openai.conversations.items.list(conversation.id)
    with pytest.raises(sdk.NotFoundError):
        simulator.create(conversation=conversation.id)


def test_a_locked_conversation_takes_no_items_and_names_itself_as_the_reason(simulator, conversation):
    simulator.scenario("endless", {"never": True})
    simulator.create("endless", conversation=conversation.id)

    with pytest.raises(sdk.BadRequestError) as refused:
        simulator.openai.conversations.items.create(conversation.id, items=[message("second")])
    with pytest.raises(sdk.BadRequestError) as locked:
        simulator.create("endless", conversation=conversation.id)

    assert (refused.value.code, refused.value.param) == ("conversation_locked", "conversation")
    assert (locked.value.code, locked.value.param) == ("conversation_locked", "conversation")


@pytest.mark.parametrize(
    ("items", "code", "param"),
    [
        ([], "missing_required_parameter", "items"),
        ([message("x")] * 21, "array_above_max_length", "items"),
        ([{"type": "message", "role": "user"}], "missing_required_parameter", "items[0].content"),
    ],
)
def test_items_that_openai_would_refuse_are_refused(openai, conversation, items, code, param):
    with pytest.raises(sdk.BadRequestError) as refused:
        openai.conversations.items.create(conversation.id, items=items)

    assert (refused.value.code, refused.value.param) == (code, param)
    assert len(list(openai.conversations.items.list(conversation.id))) == 1


def test_an_update_without_metadata_and_a_create_with_too_many_items_are_refused(openai, conversation):
    with pytest.raises(sdk.BadRequestError) as update:
        openai.post(f"/conversations/{conversation.id}", body={}, cast_to=object)
    with pytest.raises(sdk.BadRequestError) as create:
        openai.conversations.create(items=[message("x")] * 21)

    assert (update.value.param, create.value.param) == ("metadata", "items")

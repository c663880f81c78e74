"""What stands on a queue or in the table when new code is deployed is read, of whichever release it is.

A release adds a folder to `frozen`, and changes none: `to_item` and `to_body` make its files.
"""

import json
from dataclasses import MISSING, fields
from typing import get_args

import pytest
from contracts.errors import UnreadableItemError
from contracts.items import FORMAT, Record, from_item, key_of, to_item
from contracts.messages import Message, UnknownMessageError, from_body, to_body

from tests.unit.layer.frozen_examples import FROZEN, MESSAGES, RECORDS, example

NEWEST = max(path.name for path in FROZEN.iterdir())

each_message = pytest.mark.parametrize(("name", "message"), MESSAGES.items(), ids=MESSAGES)
each_record = pytest.mark.parametrize(("name", "record"), RECORDS.items(), ids=RECORDS)


def test_every_example_is_looked_at():
    files = {f"{path.parent.name}/{path.stem}" for path in FROZEN.glob("*/*.json")}

    assert files == MESSAGES.keys() | RECORDS.keys()
    assert {type(record) for record in RECORDS.values()} == set(get_args(Record.__value__))


@each_record
def test_the_newest_examples_have_every_attribute(name: str, record: Record):
    """Else what is added to a record would be in no example."""
    if name.startswith(NEWEST):
        assert [field.name for field in fields(record) if field.name not in example(name)] == []


@each_message
def test_a_message_of_an_earlier_release_is_read(name: str, message: Message):
    assert from_body(json.dumps(example(name))) == message


@each_message
def test_a_message_is_still_written_as_it_was(name: str, message: Message):
    assert json.loads(to_body(message)) == example(name)


@each_record
def test_an_item_of_an_earlier_release_is_read(name: str, record: Record):
    assert from_item(type(record), example(name)) == record


@each_record
def test_an_item_stands_where_it_stood(name: str, record: Record):
    item = example(name)

    assert key_of(record) == {"pk": item["pk"], "sk": item["sk"]}


@each_record
def test_older_code_reads_an_item_with_attributes_of_tomorrow(name: str, record: Record):
    item = example(name) | {"new": {"S": "x"}, "newer": {"N": "1"}}
    if "error" in item:
        failure = json.loads(item["error"]["S"]) | {"new": 1}
        item["error"] = {"S": json.dumps(failure)}

    assert from_item(type(record), item) == record


@each_record
def test_an_item_with_nothing_but_what_must_be_there_is_read(name: str, record: Record):
    required = {
        field.name
        for field in fields(record)
        if field.default is MISSING and field.default_factory is MISSING
    }
    item = {name: value for name, value in example(name).items() if name in required}

    read = from_item(type(record), item)

    assert {name: getattr(read, name) for name in required} == {
        name: getattr(record, name) for name in required
    }


@pytest.mark.parametrize(
    "body",
    [
        "",
        "not json",
        "[]",
        "null",
        "{}",
        '{"version":1}',
        '{"version":1,"message":"unknown"}',
        '{"version":1,"message":["run"]}',
        '{"version":1,"message":"run"}',
        '{"version":"1","message":"run","run_id":"r","reason":"created"}',
        '{"message":"run","run_id":"r","reason":"created"}',
        "[" * 100_000,
    ],
    ids=lambda body: body[:50],
)
def test_what_is_no_message_is_refused_by_name(body: str):
    with pytest.raises(UnknownMessageError):
        from_body(body)


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_of_a_newer_version_is_refused_by_name(name: str):
    with pytest.raises(UnknownMessageError, match="newer version"):
        from_body(json.dumps(example(name) | {"version": 2}))


@each_message
def test_a_message_with_a_fact_of_tomorrow_is_read_without_it(name: str, message: Message):
    assert from_body(json.dumps(example(name) | {"new": 1})) == message


@each_record
def test_an_item_says_its_format_and_one_of_a_later_format_is_refused_by_name(name: str, record: Record):
    written = to_item(record)
    assert written["format"] == {"N": str(FORMAT)}

    for later in ({"N": str(FORMAT + 1)}, {"S": "1"}):
        with pytest.raises(UnreadableItemError, match=r"cannot be read: format$"):
            from_item(type(record), written | {"format": later})

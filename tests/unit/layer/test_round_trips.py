"""Whatever is written is read back the same."""

import json
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from contracts import instant
from contracts.items import Record, from_item, to_item
from contracts.messages import CallMessage, Message, Reason, RunMessage, WebhookMessage, from_body, to_body
from contracts.outside_json import MAX_NESTING, UnreadableJsonError, read_json
from contracts.records import Call, Effect, Event, Failure, LatestCall, Outcome, Run, RunRequest, Turn
from contracts.status import KINDS, STATUSES
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import from_json

any_text = st.text(st.integers(0, 0x1FFFF).map(chr)).filter(  # lone surrogates too; a pair is one character
    lambda text: json.loads(json.dumps(text)) == text
)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000)
)
counts = st.integers(0, 2**60)
stored = any_text.map("inline:".__add__)
scalars = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | any_text
)
documents = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(any_text, inner), max_leaves=10
)
objects = st.dictionaries(any_text, documents, max_size=5)
metadata = st.dictionaries(any_text, any_text, max_size=5)
failures = st.builds(Failure, any_text, any_text)

messages = st.one_of(
    st.builds(WebhookMessage, any_text, objects),
    st.builds(RunMessage, any_text, st.sampled_from(get_args(Reason.__value__)), counts),
    st.builds(CallMessage, any_text, counts, any_text),
)
runs = st.builds(
    Run,
    run_id=any_text,
    kind=st.sampled_from(KINDS),
    status=st.sampled_from(STATUSES),
    request_key=any_text,
    tools=st.lists(any_text).map(tuple),
    metadata=metadata,
    created_at=moments,
    updated_at=moments,
    deadline_at=moments,
    max_turns=counts,
    turn=counts,
    version=counts,
    provider_id=st.none() | any_text,
    turn_started_at=st.none() | moments,
    submitting_turn=st.none() | counts,
    submitting_by=st.none() | any_text,
    submitting_until=st.none() | moments,
    begun_again=st.none() | counts,
    call_count=st.none() | counts,
    checks=counts,
    due_at=st.none() | moments,
    sweep=st.none() | any_text,
    usage=st.none() | objects,
    error=st.none() | failures,
    ended_at=st.none() | moments,
)
turns = st.builds(
    Turn,
    run_id=any_text,
    turn=counts,
    provider_id=any_text,
    status=any_text,
    started_at=moments,
    ended_at=moments,
    woken_by=any_text,
    usage=st.none() | objects,
    output_text=st.none() | stored,
    body=st.none() | stored,
)
calls = st.builds(
    Call,
    run_id=any_text,
    turn=counts,
    call_id=any_text,
    name=any_text,
    arguments=stored,
    effect=st.sampled_from(get_args(Effect.__value__)),
    outcome=st.sampled_from(get_args(Outcome.__value__)),
    created_at=moments,
    metadata=metadata,
    fence=counts,
    given_back=counts,
    owner=st.none() | any_text,
    lease_until=st.none() | moments,
    started_at=st.none() | moments,
    ended_at=st.none() | moments,
    output=st.none() | stored,
    output_type=st.none() | st.just("content"),
    error=st.none() | failures,
    detail=st.none() | any_text,
)
events = st.builds(Event, any_text, moments, any_text, objects)
requests = st.builds(RunRequest, any_text, any_text, any_text, stored)
latest_calls = st.builds(LatestCall, any_text, any_text, counts, any_text)


@given(message=messages)
def test_a_message_is_read_as_it_was_written(message: Message):
    assert from_body(to_body(message)) == message


@given(message=messages)
def test_a_message_holds_nothing_that_sqs_refuses(message: Message):
    assert all(" " <= character <= "~" for character in to_body(message))


@given(record=runs | turns | calls | latest_calls | events | requests)
def test_a_record_is_read_as_it_was_written(record: Record):
    assert from_item(type(record), to_item(record)) == record


@given(record=runs | turns | calls | latest_calls | events | requests)
def test_no_number_of_a_record_can_become_a_decimal_with_a_point(record: Record):
    numbers = [value["N"] for value in to_item(record).values() if "N" in value]

    assert all(number.isdecimal() for number in numbers)


@given(earlier=moments, later=moments)
def test_the_order_of_texts_is_the_order_of_moments(earlier: datetime, later: datetime):
    texts = instant.to_text(earlier), instant.to_text(later)

    assert (texts[0] < texts[1]) == (earlier < later)
    assert instant.from_text(texts[0]) == earlier


def test_a_moment_is_written_in_utc_whatever_its_zone():
    moment = datetime.fromisoformat("2026-11-21T11:30:00.123456+02:00")

    assert instant.to_text(moment) == "2026-11-21T09:30:00.123Z"
    assert instant.from_text("2026-11-21T09:30:00.123Z").utcoffset() == timedelta(0)


@given(document=documents)
def test_a_document_from_outside_is_read_as_it_is(document):
    assert read_json(json.dumps(document)) == document


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ("", "is not JSON"),
        ("NaN", "is not JSON"),
        ("[-Infinity]", "is not JSON"),
        ("1e999", "is not JSON"),
        ("9" * 4301, "is not JSON"),
        ("[" * (MAX_NESTING + 1) + "]" * (MAX_NESTING + 1), "is nested too deeply"),
        ('{"a":' * (MAX_NESTING + 1) + "1" + "}" * (MAX_NESTING + 1), "is nested too deeply"),
        ("[" * 100_000 + "]" * 100_000, "is nested too deeply"),
    ],
    ids=lambda text: text[:20],
)
def test_what_whoever_gets_it_next_could_not_read_is_refused(document: str, reason: str):
    with pytest.raises(UnreadableJsonError, match=reason):
        read_json(document)


@pytest.mark.parametrize("inner", ["", "1", '"text"', "null"])
def test_the_deepest_document_that_is_taken_is_read_by_others_too(inner: str):
    text = "[" * MAX_NESTING + inner + "]" * MAX_NESTING

    assert json.dumps(read_json(text)) == json.dumps(from_json(text)) == text


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_moment_equals_itself_when_it_is_read_again(moment):
    moment = instant.as_written(moment)
    assert instant.from_text(instant.to_text(moment)) == moment


def test_now_equals_itself_when_it_is_read_again():
    moments = [instant.now() for _ in range(100)]
    assert [instant.from_text(instant.to_text(moment)) for moment in moments] == moments

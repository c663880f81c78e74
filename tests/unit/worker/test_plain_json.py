"""Whatever a provider can write is read as something that can be kept, sent and shown."""

import json
from typing import Any

import pytest
from contracts.outside_json import read_json

from functions.worker.providers.plain_json import (
    failure,
    failure_in,
    fit,
    name_in,
    number_in,
    read_object,
    usage_in,
    word_in,
)

DEEP = 20_000


def read(text: str) -> Any:
    return read_object(f'{{"x": {text}}}'.encode()).get("x")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'"\ud83d"', "\ufffd"),
        (r'"a\udc00b"', "a\ufffdb"),
        (r'"\ud83d\ude00"', "\U0001f600"),
        (r'"\u0000"', "\0"),
        (r'{"\ud800": 1}', {"\ufffd": 1}),
        (r'[{"a": ["\udfff"]}]', [{"a": ["\ufffd"]}]),
        ("NaN", None),
        ("[-Infinity, 1e999, 1.5]", [None, None, 1.5]),
        ("9" * 5000, None),
        ("-9007199254740993", -9007199254740993),
    ],
    ids=lambda text: str(text)[:20],
)
def test_what_no_reader_takes_is_replaced_or_absent(text, value):
    assert read(text) == value


@pytest.mark.parametrize(
    "content",
    [b"", b"<html>", b"[]", b"null", b'{"a"', b"\xff\xfe", b"[" * DEEP, b'{"a":' * DEEP],
    ids=lambda content: repr(content[:10]),
)
def test_what_is_no_object_reads_as_an_empty_one(content):
    assert read_object(content) == {}


def test_what_is_nested_deeper_than_others_read_is_cut_off_there():
    kept = read_object(b'{"a":' * 500 + b"1" + b"}" * 500)

    assert read_json(json.dumps(kept)) == kept


def test_what_is_sent_is_made_fit_as_well():
    assert fit({"input": "a\ud800", "x": float("inf"), "n": [1, True, None]}) == {
        "input": "a\ufffd",
        "x": None,
        "n": [1, True, None],
    }


@pytest.mark.parametrize("text", ["9" * 5000, "9" * 39, "", "x", "-1", "1.5", "\u00b2", None, 1])
def test_what_is_no_number_of_a_turn_is_none(text):
    assert number_in(text) is None


@pytest.mark.parametrize("usage", [None, {}, [], "x", {"a": "x" * 20_000}, {str(n): n for n in range(5000)}])
def test_a_usage_that_a_record_has_no_room_for_is_none(usage):
    assert usage_in(usage) is None


@pytest.mark.parametrize("error", [{"code": ["x"], "message": {}}, {"code": None}, {"message": "\ud800"}])
def test_an_error_of_any_shape_has_a_code_and_words(error):
    found = failure_in(error)

    assert found is not None
    assert (found.code, found.message) in {("unknown", ""), ("unknown", "\ufffd")}


def test_a_providers_words_are_kept_as_far_as_there_is_room():
    kept = failure("c" * 10_000, "\ud800" * 100_000)

    assert (len(kept.code), kept.message) == (200, "\ufffd" * 10_000)


def test_a_word_is_kept_as_far_as_it_can_mean_something():
    assert word_in("w" * 10_000) == "w" * 200


@pytest.mark.parametrize(("name", "taken"), [("x" * 512, 512), ("x" * 513, 512), (None, 0), (5, 0)])
def test_a_name_is_taken_as_far_as_it_can_be_one(name, taken):
    assert len(name_in(name)) == taken

"""What the client cannot send, it says so before it sends anything."""

import json
from collections import UserDict, UserList

import pytest

from runrelay import InvalidRequestError
from runrelay.client import operations

HALF_A_PAIR = "run_\udcff"  # what a shell hands on for a byte that is no UTF-8


def test_an_id_or_a_subject_that_utf8_cannot_say_is_refused():
    with pytest.raises(InvalidRequestError, match="half a surrogate pair"):
        operations.get(HALF_A_PAIR)
    with pytest.raises(InvalidRequestError, match="half a surrogate pair"):
        operations.page(None, subject=HALF_A_PAIR)


@pytest.mark.parametrize("value", [b"hello", bytearray(b"hello"), memoryview(b"hello")])
def test_bytes_are_no_json_and_above_all_no_list_of_numbers(value: object):
    with pytest.raises(TypeError, match="is not JSON"):
        operations.start(request={"model": "gpt-6-astra", "input": value})


def test_mappings_and_sequences_of_any_type_are_objects_and_arrays():
    sent = operations.start(request=UserDict(input=UserList(["a", ("b",)]))).body

    assert json.loads(sent or b"")["request"] == {"input": ["a", ["b"]]}

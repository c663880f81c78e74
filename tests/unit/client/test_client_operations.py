"""What the client cannot send, it says so before it sends anything."""

import json
from collections import UserDict, UserList
from datetime import UTC, datetime, timedelta, timezone

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


def test_a_moment_of_a_time_zone_with_seconds_is_said_in_utc():
    in_kathmandu_of_old = timezone(timedelta(hours=5, minutes=41, seconds=16))

    asked = operations.page(None, since=datetime(1900, 1, 1, tzinfo=in_kathmandu_of_old))

    assert "since=1899-12-31T18%3A18%3A44%2B00%3A00&" in asked.path


@pytest.mark.parametrize("moment", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
def test_any_other_moment_is_said_as_it_is(moment: datetime):
    assert (
        f"until={moment.isoformat()}&".replace(":", "%3A").replace("+", "%2B")
        in operations.page(None, until=moment).path
    )

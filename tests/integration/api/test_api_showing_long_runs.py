"""Runs that are longer than Lambda can answer: six megabytes, in which the body is a string."""

import json
from typing import Any

import pytest
from contracts.payloads import PayloadBucket
from contracts.records import Event, Failure
from ulid import ULID

from functions.api.views import MAX_FETCHED
from tests.harness.template import physical_name
from tests.integration.api.records_in_aws import put
from tests.unit.layer.records import RUN_ID, a_call, a_run, a_turn, after

BUCKET = physical_name("PayloadBucket")
LAMBDA_LIMIT = 6_291_556
MEGABYTE = 1_000_000


@pytest.fixture
def bucket(aws) -> PayloadBucket:
    return PayloadBucket(lambda: aws.s3, BUCKET)


@pytest.fixture
def show(api):
    def answer(path: str = "") -> Any:
        event_answer = api.get(f"/runs/{RUN_ID}{path}")
        assert event_answer.status == 200
        whole = {"statusCode": 200, "headers": event_answer.headers, "body": event_answer.body}
        assert len(json.dumps(whole)) <= LAMBDA_LIMIT
        return event_answer.json

    return answer


def a_long_call(
    bucket: PayloadBucket, number: int, *, arguments: int = 2, output: int = 2, turn: int = 1
) -> Any:
    call_id = f"call_{number}"
    return a_call(
        call_id=call_id,
        turn=turn,
        outcome="succeeded",
        created_at=after(number),
        arguments=bucket.store(f"{call_id}/arguments", "a" * arguments),
        output=bucket.store(f"{call_id}/output", "o" * output),
    )


def a_long_result(bucket: PayloadBucket, *, text: int, rest: int) -> Any:
    body = json.dumps({"id": "resp_1", "rest": "r" * rest})
    return a_turn(output_text=bucket.store("text", "t" * text), body=bucket.store("body", body))


def lengths(shown: Any) -> list[tuple[int | None, int | None]]:
    """Give the lengths of each call's arguments and output, and check that what is null says so."""
    for call in shown["calls"]:
        assert call["arguments_left_out"] == (call["arguments"] is None)
        assert call["output_left_out"] == (call["output"] is None)
    return [
        (
            None if call["arguments"] is None else len(call["arguments"]),
            None if call["output"] is None else len(call["output"]),
        )
        for call in shown["calls"]
    ]


def result(shown: Any) -> tuple[int | None, bool]:
    """Give the length of the result's text and whether its object is there."""
    view = shown["result"]
    assert view["object_left_out"] == (view["object"] is None)
    assert view["output_text_left_out"] == (view["output_text"] is None)
    return None if view["output_text"] is None else len(view["output_text"]), view["object"] is not None


def ended(**changes: Any) -> Any:
    return a_run(status="completed", ended_at=after(9), **changes)


def test_what_has_room_is_shown_whole(aws, bucket, show):
    call = a_long_call(bucket, 1, arguments=MEGABYTE, output=MEGABYTE)
    put(aws, ended(), call, a_long_result(bucket, text=MEGABYTE, rest=2 * MEGABYTE))

    shown = show()

    assert lengths(shown) == [(MEGABYTE, MEGABYTE)]
    assert result(shown) == (MEGABYTE, True)
    assert shown["calls_left_out"] == 0


def test_the_object_is_left_out_first(aws, bucket, show):
    call = a_long_call(bucket, 1, arguments=MEGABYTE, output=2 * MEGABYTE)
    put(aws, ended(), call, a_long_result(bucket, text=MEGABYTE, rest=2 * MEGABYTE))

    shown = show()

    assert lengths(shown) == [(MEGABYTE, 2 * MEGABYTE)]
    assert result(shown) == (MEGABYTE, False)


def test_then_the_longest_outputs_and_arguments_are_left_out(aws, bucket, show):
    calls = [
        a_long_call(bucket, 1, arguments=10, output=3 * MEGABYTE),
        a_long_call(bucket, 2, arguments=2 * MEGABYTE, output=1 * MEGABYTE),
        a_long_call(bucket, 3, arguments=200_000, output=2 * MEGABYTE + 1),
    ]
    put(aws, ended(), *calls, a_long_result(bucket, text=MEGABYTE, rest=10))

    shown = show()

    assert lengths(shown) == [(10, None), (2 * MEGABYTE, MEGABYTE), (200_000, None)]
    assert result(shown) == (MEGABYTE, False)


def test_a_text_that_is_too_long_by_itself_is_left_out_alone(aws, bucket, show):
    put(aws, ended(), a_long_call(bucket, 1), a_long_result(bucket, text=6 * MEGABYTE, rest=10))

    shown = show()

    assert lengths(shown) == [(2, 2)]
    assert result(shown) == (None, True)


@pytest.mark.parametrize("character", ['"', "\\", "\n", "\x00", "☃", "\U0001f600", "é"])
def test_what_grows_on_its_way_is_counted_as_it_arrives(aws, bucket, show, character: str):
    call = a_call(outcome="succeeded", output=bucket.store("long", character * 1_500_000))
    body = json.dumps({"text": character * 400_000}, ensure_ascii=False)
    put(aws, ended(), call, a_turn(output_text=bucket.store("text", character), body=bucket.store("b", body)))

    shown = show()

    assert lengths(shown) in ([(19, 1_500_000)], [(19, None)])
    assert result(shown)[0] == 1


def test_a_run_of_many_long_calls_is_shown_without_looking_at_all_of_them(aws, bucket, show, deployed):
    text = bucket.store("shared", "o" * 120_000)
    calls = [
        a_call(call_id=f"call_{number}", created_at=after(number), outcome="succeeded", output=text)
        for number in range(MAX_FETCHED + 50)
    ]
    put(aws, a_run(status="requires_action"), *calls)

    shown = show()

    whole = [call["call_id"] for call in shown["calls"] if call["output"]]
    assert deployed.requests.count("GetObject") == MAX_FETCHED
    assert len(shown["calls"]) == len(calls)
    assert 40 < len(whole) < 50
    assert set(whole) <= {f"call_{number}" for number in range(50, 50 + MAX_FETCHED)}


def test_of_more_calls_than_have_room_the_latest_are_shown(aws, show):
    error = Failure("failed", "m" * 50_000)
    put(
        aws,
        a_run(turn=200, status="requires_action"),
        *(a_call(turn=turn, outcome="failed", error=error) for turn in range(1, 201)),
    )

    shown = show()

    assert shown["calls_left_out"] + len(shown["calls"]) == 200
    assert 90 < len(shown["calls"]) < 110
    assert shown["calls"][-1]["turn"] == 200


def test_of_more_events_than_have_room_the_latest_are_on_the_timeline(aws, show):
    put(aws, ended())
    put(aws, *(Event(RUN_ID, after(number), "relayed", {"data": "d" * 300_000}) for number in range(30)))

    shown = show("/events")

    assert shown["events_left_out"] + len(shown["events"]) == 33
    assert 10 < len(shown["events"]) < 20
    assert shown["events"][-1]["at"] == "2026-11-21T09:30:29.000Z"


@pytest.mark.parametrize("length", [5 * MEGABYTE, 6 * MEGABYTE])
def test_a_call_with_a_long_output_answers_as_far_as_there_is_room(aws, api, bucket, length: int):
    approved = {"outcome": "succeeded", "decision": "approved", "decided_at": after(3)}
    put(aws, a_run(status="requires_action"), a_call(**approved, output=bucket.store("long", "o" * length)))

    answer = api.post(f"/runs/{RUN_ID}/calls/call_1/decision", {"approve": True})

    assert answer.status == 202
    assert (answer.json["output"] is None) == answer.json["output_left_out"] == (length > 5_500_000)
    assert answer.json["arguments"] == '{"order_id": "A-1"}'


@pytest.mark.parametrize("character", ["x", "é", "\N{CJK UNIFIED IDEOGRAPH-4E2D}"])
def test_a_page_of_runs_that_say_much_is_as_long_as_can_be_answered_and_the_cursor_goes_on(
    aws, api, character
):
    ids = [f"run_{ULID.from_datetime(after(second))}" for second in range(100, 0, -1)]
    metadata = {f"key {number}": character * 512 for number in range(14)}
    error = Failure("bad", character * 10_000)
    put(aws, *(a_run(each, status="failed", metadata=metadata, error=error) for each in ids))

    listed, cursor = [], ""
    while cursor is not None:
        answer = api.get("/runs", f"limit=100&cursor={cursor}" if cursor else "limit=100")
        whole = {"statusCode": 200, "headers": answer.headers, "body": answer.body}
        assert len(json.dumps(whole)) <= LAMBDA_LIMIT
        listed += [run["run_id"] for run in answer.json["runs"]]
        cursor = answer.json["cursor"]

    assert listed == ids

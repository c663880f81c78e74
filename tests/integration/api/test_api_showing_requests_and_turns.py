"""What was asked of a run, and what each of its turns took."""

import json

import pytest
from contracts.payloads import PayloadBucket, Stored
from contracts.records import RunRequest

from tests.harness.template import physical_name
from tests.integration.api.records_in_aws import put
from tests.unit.layer.records import RUN_ID, a_call, a_run, a_turn, after

BUCKET = physical_name("PayloadBucket")
REQUEST = {"model": "gpt-6-astra", "input": "ünïcödé", "temperature": 0.1, "reasoning": None}
MEGABYTE = 1_000_000


def a_request(text: str) -> RunRequest:
    return RunRequest(f"request#{RUN_ID}", RUN_ID, "f" * 64, Stored(text))


def test_what_was_asked_is_shown_where_it_is_asked_for(api):
    wanted = {"kind": "response", "request": REQUEST, "metadata": {"tenant": "acme"}}
    path = api.post("/runs", wanted).headers["location"]

    shown = api.get(path, "include=request").json

    assert shown["request"] == {name: value for name, value in REQUEST.items() if value is not None}
    assert shown["request_left_out"] is False
    assert api.get(path).json == shown | {"request": None}


@pytest.mark.parametrize("query", ["include=request,request", "include=request&include=request"])
def test_what_is_to_be_shown_may_be_said_as_a_list_or_again(api, query: str):
    path = api.post("/runs", {"kind": "response", "request": REQUEST}).headers["location"]

    assert api.get(path, query).json["request"]["model"] == "gpt-6-astra"


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ("include=steps", "'steps'"),
        ("include=request,steps", "'steps'"),
        ("include=request&include=steps", "'steps'"),
        ("include=", "''"),
        ("include=Request", "'Request'"),
    ],
)
def test_what_cannot_be_shown_is_named(api, query: str, word: str):
    answer = api.get(f"/runs/{RUN_ID}", query)

    assert answer.status == 422
    (error,) = answer.json["errors"]
    assert error["field"].startswith("include")
    assert word in error["message"]


def test_the_object_gives_way_to_the_request_and_the_request_to_the_calls(aws, api):
    bucket = PayloadBucket(lambda: aws.s3, BUCKET)
    request = bucket.store("request", json.dumps({"input": "i" * 3 * MEGABYTE}))
    body = bucket.store("body", json.dumps({"rest": "r" * 3 * MEGABYTE}))
    ended = a_run(status="completed", ended_at=after(9))
    put(aws, ended, a_turn(output_text=Stored("inline:done"), body=body), a_request(request))

    without_calls = api.get(f"/runs/{RUN_ID}", "include=request").json
    put(aws, a_call(outcome="succeeded", output=bucket.store("output", "o" * 3 * MEGABYTE)))
    with_calls = api.get(f"/runs/{RUN_ID}", "include=request").json

    assert len(without_calls["request"]["input"]) == 3 * MEGABYTE
    assert without_calls["result"]["object_left_out"] is True
    assert (with_calls["request"], with_calls["request_left_out"]) == (None, True)
    assert len(with_calls["calls"][0]["output"]) == 3 * MEGABYTE


def test_a_request_that_is_gone_is_left_out(aws, api):
    put(aws, a_run(), a_request("s3:gone"))

    shown = api.get(f"/runs/{RUN_ID}", "include=request").json

    assert (shown["request"], shown["request_left_out"]) == (None, True)


def test_what_each_turn_took_is_shown_beside_the_sum(aws, api):
    put(
        aws,
        a_run(status="completed", turn=2, usage={"total_tokens": 12}, ended_at=after(7)),
        a_turn(usage={"total_tokens": 5}),
        a_turn(turn=2, provider_id="resp_2", started_at=after(5), ended_at=after(7)),
    )

    shown = api.get(f"/runs/{RUN_ID}").json
    events = api.get(f"/runs/{RUN_ID}/events").json["events"]

    assert shown["usage"] == {"total_tokens": 12}
    assert shown["turns"] == [
        {
            "turn": 1,
            "provider_id": "resp_1",
            "status": "completed",
            "started_at": "2026-11-21T09:30:01.000Z",
            "ended_at": "2026-11-21T09:30:02.000Z",
            "usage": {"total_tokens": 5},
        },
        {
            "turn": 2,
            "provider_id": "resp_2",
            "status": "completed",
            "started_at": "2026-11-21T09:30:05.000Z",
            "ended_at": "2026-11-21T09:30:07.000Z",
            "usage": None,
        },
    ]
    ended = [event for event in events if event["type"] == "turn_ended"]
    assert [event.get("usage") for event in ended] == [{"total_tokens": 5}, None]


def test_of_more_turns_than_have_room_the_latest_are_shown(aws, api):
    usage = {"words": "u" * 300_000}
    put(aws, a_run(turn=30), *(a_turn(turn=turn, usage=usage) for turn in range(1, 30)))

    shown = api.get(f"/runs/{RUN_ID}").json

    assert shown["turns_left_out"] + len(shown["turns"]) == 29
    assert 10 < len(shown["turns"]) < 20
    assert shown["turns"][-1]["turn"] == 29


def test_a_word_of_a_list_may_be_said_in_a_parameter_of_its_own(aws, api):
    put(aws, a_run(status="failed", ended_at=after(1)))

    runs = api.get("/runs", "status=lost&status=failed").json["runs"]

    assert [run["run_id"] for run in runs] == [RUN_ID]

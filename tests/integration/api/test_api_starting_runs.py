import hashlib
import json
import re
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import EndpointConnectionError
from contracts.items import from_item, to_item
from contracts.messages import RunMessage, from_body
from contracts.payloads import PayloadBucket
from contracts.records import Run, RunRequest

from tests.harness.template import physical_name
from tests.integration.local_aws import Deployed, Fault, lost, queued

TABLE, BUCKET = physical_name("RunTable"), physical_name("PayloadBucket")
REQUEST = {"model": "gpt-6-astra", "input": "Where is A-1?"}
WANTED: dict[str, Any] = {"kind": "response", "request": REQUEST, "tools": ["get_order"]}
REFUSED = EndpointConnectionError(endpoint_url="https://aws")
LONG = {**REQUEST, "input": "a rather long question " * 10_000}


def runs(aws: SimpleNamespace) -> list[Run]:
    items = aws.dynamodb.scan(TableName=TABLE)["Items"]
    return [from_item(Run, item) for item in items if item["sk"]["S"] == "run"]


def request_of(aws: SimpleNamespace, run: Run) -> RunRequest:
    key = {"pk": {"S": run.request_key}, "sk": {"S": "request"}}
    return from_item(RunRequest, aws.dynamodb.get_item(TableName=TABLE, Key=key)["Item"])


def at(deployed: Deployed, request_number: int, fault: Fault, *, attempts: int = 99) -> None:
    """Have something happen to the nth request from now, the first few times that it is sent."""
    sent: list[bytes | str] = []

    def at_its_turn(request: AWSPreparedRequest) -> AWSResponse | None:
        body = request.body if isinstance(request.body, bytes) else request.url
        sent.append(body)
        if list(dict.fromkeys(sent)).index(body) != request_number or sent.count(body) > attempts:
            return None
        if isinstance(fault, Exception):
            raise fault
        return fault(request)

    deployed.faults |= dict.fromkeys(("PutObject", "PutItem", "SendMessage"), at_its_turn)


def change(aws: SimpleNamespace, run: Run, **attributes: Any) -> None:
    item = to_item(run) | {"listing": {"S": "run"}} | attributes
    aws.dynamodb.put_item(TableName=TABLE, Item=item)


# -- Starting ------------------------------------------------------------------------------------


def test_a_run_is_written_down_queued_and_told(aws, api):
    wanted = {
        **WANTED,
        "tools": ["get_order", "refund_order", "get_order"],
        "deadline_seconds": 600,
        "max_turns": 3,
        "metadata": {"tenant": "acme"},
        "subject": "customer 7",
        "request": {**REQUEST, "metadata": {"order": "A-1"}},
    }

    answer = api.post("/runs", wanted)

    (run,) = runs(aws)
    assert answer.status == 202
    assert answer.headers["location"] == f"/runs/{run.run_id}"
    assert answer.headers["content-type"] == "application/json"
    assert answer.json == {
        "run_id": run.run_id,
        "readable": True,
        "kind": "response",
        "status": "queued",
        "turn": 0,
        "max_turns": 3,
        "call_count": 0,
        "tools": ["get_order", "refund_order"],
        "metadata": {"order": "A-1", "tenant": "acme"},
        "subject": "customer 7",
        "usage": None,
        "error": None,
        "deadline": answer.json["deadline"],
        "due_at": answer.json["due_at"],
        "created_at": answer.json["created_at"],
        "updated_at": answer.json["created_at"],
        "ended_at": None,
    }
    assert re.fullmatch(r"run_[0-9A-HJKMNP-TV-Z]{26}", run.run_id)
    assert (run.deadline_at - run.created_at).total_seconds() == 600
    assert run.due_at is not None
    assert (run.due_at - run.created_at).total_seconds() == 30  # the sweeper's, should the worker not be told
    assert [from_body(body) for body in queued(aws)] == [RunMessage(run.run_id, "created")]


def test_a_run_that_was_started_can_be_looked_at(api):
    started = api.post("/runs", WANTED)

    shown = api.get(started.headers["location"])

    assert shown.status == 200
    assert shown.json == {
        **started.json,
        "provider_id": None,
        "turns": [],
        "turns_left_out": 0,
        "calls": [],
        "calls_left_out": 0,
        "result": None,
        "request": None,
        "request_left_out": False,
        "unreadable": [],
    }


def test_the_request_is_kept_exactly(aws, api):
    request = {
        **REQUEST,
        "temperature": 0.1,
        "top_p": 1.0,
        "max_output_tokens": 12345678901234567890123,
        "text": {"format": {"type": "text"}},
        "parallel_tool_calls": False,
        "input": "ünïcödé \U0001f600 \x00 \x7f",
    }

    api.post("/runs", {"kind": "response", "request": request})

    (run,) = runs(aws)
    stored = PayloadBucket(lambda: aws.s3, BUCKET).fetch(request_of(aws, run).request)
    assert json.loads(stored) == request
    assert '"top_p":1.0' in stored


def test_a_long_request_goes_through_the_bucket_and_comes_back_whole(aws, api):
    api.post("/runs", {"kind": "response", "request": LONG})

    (run,) = runs(aws)
    stored = request_of(aws, run).request
    assert stored == f"s3:{run.run_id}/request"
    assert json.loads(PayloadBucket(lambda: aws.s3, BUCKET).fetch(stored)) == LONG


@pytest.mark.parametrize("characters", [300_000, 5 * 1024 * 1024 - 100])
def test_a_request_of_up_to_five_megabytes_goes_through_the_bucket_and_comes_back_whole(
    aws, api, characters: int
):
    request = {**REQUEST, "input": "x" * characters}

    answer = api.post("/runs", {"kind": "response", "request": request})

    (run,) = runs(aws)
    stored = request_of(aws, run).request
    assert answer.status == 202
    assert stored == f"s3:{run.run_id}/request"
    assert json.loads(PayloadBucket(lambda: aws.s3, BUCKET).fetch(stored)) == request


@pytest.mark.parametrize(
    ("kind", "request_"),
    [
        ("response", {**REQUEST, "background": True, "store": True, "stream": False, "tools": []}),
        ("session", {"agent": {"model": "gpt-6-astra"}, "input": "hello"}),
        ("session", {"agent": {"model": "gpt-6-astra", "tools": None}, "input": [], "stream": False}),
        ("session", {"agent_id": "agent_1", "input": "hello", "spend_control": {"limit": 5}}),
        ("session", {"agent_id": "agent_1", "agent": {"tools": []}, "input": "hello"}),
        ("session", {"agent_id": "agent_1", "environment": {"type": "openai_hosted"}}),
        ("session", {"agent_id": "agent_1", "environment": "what OpenAI thinks of it"}),
        ("thread", {"assistant_id": "asst_1"}),
        ("thread", {"assistant_id": "asst_1", "thread": {"messages": []}, "tools": [], "stream": False}),
        ("thread", {"assistant_id": "asst_1", "thread_id": "thread_1", "additional_messages": []}),
    ],
    ids=str,
)
def test_a_run_of_each_kind_is_started(aws, api, kind: str, request_: dict[str, Any]):
    answer = api.post("/runs", {"kind": kind, "request": request_, "tools": ["get_order"]})

    (run,) = runs(aws)
    assert (answer.status, answer.json["kind"], run.kind) == (202, kind, kind)
    assert json.loads(PayloadBucket(lambda: aws.s3, BUCKET).fetch(request_of(aws, run).request)) == request_
    assert [from_body(body) for body in queued(aws)] == [RunMessage(run.run_id, "created")]


NULLS: dict[str, dict[str, Any]] = {
    "response": {
        **REQUEST,
        **dict.fromkeys(("conversation", "metadata", "previous_response_id", "reasoning", "store", "stream")),
    },
    "session": {
        "agent_id": "agent_1",
        "agent": {"tools": None},
        "input": "hello",
        **dict.fromkeys(("metadata", "vault_ids", "prompt_cache_options")),
    },
    "thread": {
        "assistant_id": "asst_1",
        "thread": {"metadata": None},
        **dict.fromkeys(("metadata", "tools", "tool_choice", "stream", "model")),
    },
}


@pytest.mark.parametrize("kind", NULLS)
def test_a_null_is_absence_and_no_worker_will_see_it(aws, api, kind: str):
    answer = api.post("/runs", {"kind": kind, "request": NULLS[kind], "metadata": {"a": "b"}})

    (run,) = runs(aws)
    stored = json.loads(PayloadBucket(lambda: aws.s3, BUCKET).fetch(request_of(aws, run).request))
    assert (answer.status, answer.json["metadata"]) == (202, {"a": "b"})
    assert stored == {name: value for name, value in NULLS[kind].items() if value is not None}


def test_the_callers_words_are_his_own_even_if_they_were_ours_once(api):
    words = {"run_id": "mine", "turn": "7"}

    answer = api.post("/runs", {**WANTED, "metadata": words})

    assert (answer.status, answer.json["metadata"]) == (202, words)


def test_fourteen_pairs_of_metadata_are_taken_wherever_they_stand(api):
    here, there = ({f"{place}{number}": "v" for number in range(7)} for place in "ab")

    answer = api.post("/runs", {**WANTED, "metadata": here, "request": {**REQUEST, "metadata": there}})

    assert (answer.status, answer.json["metadata"]) == (202, {**here, **there})


# -- The same key --------------------------------------------------------------------------------


def test_without_a_key_each_request_is_a_run(aws, api):
    answers = [api.post("/runs", WANTED) for _ in range(2)]

    assert {answer.json["run_id"] for answer in answers} == {run.run_id for run in runs(aws)}
    assert len(runs(aws)) == 2


def test_the_same_key_and_body_are_the_same_run_and_wake_it_while_it_is_queued(aws, api):
    first = api.post("/runs", WANTED, key="k-1")
    again = api.post("/runs", dict(reversed(WANTED.items())), key="k-1")
    (run,) = runs(aws)
    change(aws, run, status={"S": "in_progress"})
    later = api.post("/runs", WANTED, key="k-1")

    assert [answer.status for answer in (first, again, later)] == [202, 202, 202]
    assert again.json == first.json
    assert later.json == {**first.json, "status": "in_progress"}
    assert [from_body(body) for body in queued(aws)] == 2 * [RunMessage(run.run_id, "created")]


@pytest.mark.parametrize(
    "other", [{"request": {**REQUEST, "input": "else"}}, {"tools": []}, {"max_turns": 5}]
)
def test_the_same_key_with_another_body_is_a_conflict(aws, api, other: dict[str, Any]):
    first = api.post("/runs", WANTED, key="k-1")

    answer = api.post("/runs", {**WANTED, **other}, key="k-1")

    assert answer.status == 409
    assert answer.json["detail"] == "the Idempotency-Key was used with another body"
    assert [run.run_id for run in runs(aws)] == [first.json["run_id"]]
    assert len(queued(aws)) == 1


def test_a_body_is_the_same_one_for_the_release_before_and_a_retry_across_an_upgrade_is_no_conflict(aws, api):
    """What 0.1 knew of a body: a client that got a 503 from it sends the same again, under the same key."""
    said = {"kind": "response", "request": REQUEST, "tools": ["get_order"], "metadata": {"a": "b"}}
    known_to_0_1 = {**said, "deadline_seconds": 86_400, "max_turns": 20}
    fingerprint = hashlib.sha256(json.dumps(known_to_0_1, sort_keys=True).encode()).hexdigest()

    api.post("/runs", said, key="a key")
    (run,) = runs(aws)

    assert request_of(aws, run).fingerprint == fingerprint
    assert api.post("/runs", {**said, "subject": "ann"}, key="a key").status == 409


def test_a_body_with_its_defaults_written_out_is_the_same_body(api):
    first = api.post("/runs", {"kind": "response", "request": REQUEST}, key="k-1")
    again = api.post(
        "/runs",
        {"kind": "response", "request": REQUEST, "tools": [], "max_turns": 20, "deadline_seconds": 86400},
        key="k-1",
    )

    assert again.json == first.json


@pytest.mark.parametrize("request_number", range(4))
def test_the_same_key_at_the_same_time_is_one_run(aws, api, rival, deployed: Deployed, request_number: int):
    wanted = {"kind": "response", "request": LONG}
    overtaking = []

    def overtake(_request: AWSPreparedRequest) -> None:
        overtaking.append(rival.post("/runs", wanted, key="k-1"))

    at(deployed, request_number, overtake, attempts=1)

    answer = api.post("/runs", wanted, key="k-1")

    (run,) = runs(aws)
    assert [(each.status, each.json["run_id"]) for each in (answer, *overtaking)] == 2 * [(202, run.run_id)]
    assert {from_body(body) for body in queued(aws)} == {RunMessage(run.run_id, "created")}


@pytest.mark.parametrize("key", ["k" * 255, " ", "ünïcödé", "a,b"])
def test_any_key_of_up_to_255_characters_will_do(aws, api, key: str):
    answers = [api.post("/runs", WANTED, key=key) for _ in range(2)]

    assert [answer.status for answer in answers] == [202, 202]
    assert len(runs(aws)) == 1


# -- Crashes -------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [REFUSED, lost(500, b"")], ids=["not-applied", "applied-but-not-told"])
@pytest.mark.parametrize("request_number", range(4))
def test_whichever_request_fails_a_retry_leaves_one_run_that_was_started(
    aws, api, deployed: Deployed, request_number: int, fault: Fault
):
    wanted = {"kind": "response", "request": LONG}
    at(deployed, request_number, fault)

    failed = api.post("/runs", wanted, key="k-1")
    deployed.faults.clear()
    retried = api.post("/runs", wanted, key="k-1")

    (run,) = runs(aws)
    assert (failed.status, failed.headers["retry-after"]) == (503, "5")
    assert (retried.status, retried.json["run_id"]) == (202, run.run_id)
    assert {from_body(body) for body in queued(aws)} == {RunMessage(run.run_id, "created")}
    assert json.loads(PayloadBucket(lambda: aws.s3, BUCKET).fetch(request_of(aws, run).request)) == LONG


@pytest.mark.parametrize("request_number", range(4))
def test_a_reply_that_is_lost_once_goes_unnoticed(aws, api, deployed: Deployed, request_number: int):
    at(deployed, request_number, lost(500, b""), attempts=1)

    answer = api.post("/runs", {"kind": "response", "request": LONG})

    (run,) = runs(aws)
    assert (answer.status, answer.json["run_id"]) == (202, run.run_id)
    assert {from_body(body) for body in queued(aws)} == {RunMessage(run.run_id, "created")}


def test_with_the_queue_down_nothing_is_acknowledged(api, deployed: Deployed):
    deployed.faults["SendMessage"] = REFUSED

    answer = api.post("/runs", WANTED)

    assert answer.status == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"] == "5"

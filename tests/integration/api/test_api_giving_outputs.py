import base64
import hashlib
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from contracts import instant
from contracts.messages import RunMessage, from_body
from contracts.payloads import INLINE_LIMIT_BYTES, PayloadBucket
from contracts.records import Failure

from tests.harness.gateway import proxy_event
from tests.harness.template import physical_name
from tests.integration.api.records_in_aws import put, stored
from tests.integration.local_aws import Deployed, lost, queued
from tests.unit.layer.records import RUN_ID, a_call, a_run, after

PATH = f"/runs/{RUN_ID}/calls/call_1/output"
BUCKET = physical_name("PayloadBucket")
REFUSED = EndpointConnectionError(endpoint_url="https://aws")
LATE = Failure("output_expired", "Nobody gave the output of this call in time.")
LONG = "an output of some length ☃ " * (INLINE_LIMIT_BYTES // 20)


def an_outside_call(**changes: Any):
    soon = instant.from_text(instant.to_text(instant.now() + timedelta(minutes=5)))
    return a_call(**{"executor": "external", "wait_until": soon, **changes})


@pytest.fixture
def run(aws):
    """A run that waits for its calls."""
    waiting = a_run(status="requires_action", deadline_at=instant.now() + timedelta(hours=1))
    put(aws, waiting)
    return waiting


def messages(aws) -> list[Any]:
    return [from_body(body) for body in queued(aws)]


def output_of(aws, call) -> str:
    output = stored(aws, call).output
    assert output is not None
    return PayloadBucket(lambda: aws.s3, BUCKET).fetch(output)


# -- What an output does -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("output", "text"),
    [
        ("shipped", "shipped"),
        ("", ""),
        ('{"as": "it is" }', '{"as": "it is" }'),
        ("ünïcödé ☃ \U0001f600 \x00 \x7f", "ünïcödé ☃ \U0001f600 \x00 \x7f"),
        ({"b": 1, "a": [1.0, None, "☃"]}, '{"b": 1, "a": [1.0, null, "☃"]}'),
        ([], "[]"),
        (None, "null"),
        (True, "true"),
        (0, "0"),
        (12345678901234567890123, "12345678901234567890123"),
    ],
    ids=repr,
)
def test_an_output_is_what_the_model_is_told(aws, api, run, output: Any, text: str):
    call = an_outside_call()
    put(aws, call)

    answer = api.post(PATH, {"output": output})

    now = stored(aws, call)
    assert now == replace(
        call, outcome="succeeded", output=f"inline:{text}", ended_at=now.ended_at, wait_until=None
    )
    assert now.ended_at is not None
    assert (answer.status, answer.json["output"]) == (202, text)
    assert answer.json == api.get(f"/runs/{RUN_ID}").json["calls"][0]
    assert messages(aws) == [RunMessage(RUN_ID, "call_ended")]


def test_an_error_is_what_the_model_is_told(aws, api, run):
    call = an_outside_call()
    put(aws, call)

    answer = api.post(PATH, {"error": "out of stock"})

    now = stored(aws, call)
    assert (now.outcome, now.error, now.output) == ("failed", Failure("tool_error", "out of stock"), None)
    assert (answer.status, answer.json["error"]["message"]) == (202, "out of stock")
    assert messages(aws) == [RunMessage(RUN_ID, "call_ended")]


def test_a_long_output_goes_through_the_bucket_and_comes_back_whole(aws, api, run):
    call = an_outside_call()
    put(aws, call)

    answer = api.post(PATH, {"output": LONG})

    digest = hashlib.sha256(LONG.encode()).hexdigest()[:16]
    assert stored(aws, call).output == f"s3:{RUN_ID}/1/call_1/output-external-{digest}"
    assert output_of(aws, call) == LONG
    assert answer.json["output"] == LONG


def test_an_output_of_nearly_five_megabytes_is_taken(aws, api, run):
    call = an_outside_call()
    put(aws, call)
    longest = "x" * (5 * 1024 * 1024 - len('{"output": ""}'))

    answer = api.post(PATH, {"output": longest})
    too_long = api.post(PATH, {"output": longest + "x"})

    assert (answer.status, too_long.status) == (202, 413)
    assert output_of(aws, call) == longest


def test_a_call_without_an_end_of_waiting_takes_an_output(aws, api, run):
    put(aws, an_outside_call(wait_until=None))

    assert api.post(PATH, {"output": "x"}).status == 202


# -- Which call ----------------------------------------------------------------------------------


def test_among_calls_of_one_id_the_one_that_is_pending_is_meant(aws, api, run):
    put(aws, an_outside_call(turn=1), an_outside_call(turn=2, outcome="succeeded", output="inline:x"))

    assert api.post(PATH, {"output": "y"}).json["turn"] == 1


@pytest.mark.parametrize("call_id", ["a/b", "100%25", "x/output"])
def test_a_call_is_found_whatever_characters_its_id_has(aws, api, run, call_id: str):
    put(aws, an_outside_call(call_id=call_id.replace("%25", "%")))

    assert api.post(f"/runs/{RUN_ID}/calls/{call_id}/output", {"output": "y"}).status == 202


def test_a_call_that_is_not_there_is_a_404(aws, api):
    without_run = api.post(PATH, {"output": "x"})
    put(aws, a_run())
    without_call = api.post(PATH, {"output": "x"})

    assert (without_run.status, without_run.json["detail"]) == (404, f"there is no run {RUN_ID}")
    assert (without_call.status, without_call.json["detail"]) == (404, "the run has no call call_1")


# -- What is no output to take -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"executor": "tools"}, "the call is run by the tool function"),
        ({"executor": "tools", "outcome": "running"}, "the call is run by the tool function"),
        (
            {"executor": "tools", "outcome": "succeeded", "output": "inline:x"},
            "the call is run by the tool function",
        ),
        (
            {"executor": "tools", "type": "mcp_approval_request", "outcome": "awaiting_decision"},
            "the call is of type mcp_approval_request, it takes no output",
        ),
        ({"outcome": "awaiting_decision"}, "the call is awaiting_decision, it does not await this output"),
        ({"outcome": "denied"}, "the call is denied, it does not await this output"),
        (
            {"outcome": "failed", "error": Failure("other", "x")},
            "the call is failed, it does not await this output",
        ),
        ({"wait_until": after(-(10**8))}, "the call waited for its output until 2023-09-20T23:43:20.000Z"),
    ],
    ids=lambda value: str(value)[:60],
)
@pytest.mark.usefixtures("run")
@pytest.mark.parametrize("body", [{"output": "x"}, {"error": "x"}], ids=str)
def test_a_call_that_awaits_no_output_is_a_conflict_that_says_why(
    aws, api, body: dict[str, str], changes: dict[str, Any], words: str
):
    call = an_outside_call(**changes)
    put(aws, call)

    answer = api.post(PATH, body)

    assert (answer.status, answer.json["detail"]) == (409, words)
    assert stored(aws, call) == call
    assert messages(aws) == []


@pytest.mark.parametrize("status", ["completed", "incomplete", "failed", "cancelled", "expired", "lost"])
def test_a_call_of_a_run_that_is_over_takes_no_output(aws, api, status: str):
    call = an_outside_call()
    put(aws, a_run(status=status, ended_at=after(9)), call)

    answer = api.post(PATH, {"output": LONG})

    assert (answer.status, answer.json["detail"]) == (409, f"the run is {status}, its calls await no output")
    assert stored(aws, call) == call
    assert "Contents" not in aws.s3.list_objects_v2(Bucket=BUCKET)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "output"),
        ({"output": "x", "error": "y"}, "output"),
        ({"output": None, "error": None}, "output"),
        ({"error": None}, "error"),
        ({"error": ""}, "error"),
        ({"error": 7}, "error"),
        ({"error": {"message": "x"}}, "error"),
        ({"error": "e" * 2001}, "error"),
        ({"error": "\ud800"}, "error"),
        ({"output": "\ud800"}, "output"),
        ({"output": {"\udfff": [1]}}, "output"),
        ({"output": "x", "outcome": "succeeded"}, "outcome"),
        ({"text": "x"}, "text"),
    ],
    ids=lambda value: (json.dumps(value) if isinstance(value, dict) else value)[:60],
)
def test_a_wrong_field_of_an_output_is_named(aws, api, run, body: dict[str, Any], field: str):
    call = an_outside_call()
    put(aws, call)

    answer = api.post(PATH, body)

    assert (answer.status, answer.headers["content-type"]) == (422, "application/problem+json")
    assert field in [error["field"] for error in answer.json["errors"]]
    assert {error["field"] for error in answer.json["errors"]} <= {"output", "error", "outcome", "text"}
    assert stored(aws, call) == call
    assert messages(aws) == []


@pytest.mark.parametrize(
    ("body", "named"), [({}, ["output"]), ({"output": "x", "error": "y"}, ["output", "error"])]
)
def test_of_output_and_error_one_is_given(api, run, body: dict[str, Any], named: list[str]):
    words = "give either an output or an error"

    answer = api.post(PATH, body)

    assert answer.json["errors"] == [{"field": name, "message": words} for name in named]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"null", 422),
        (b'"output"', 422),
        (b'{"output": NaN}', 400),
        (b'{"output": 1e999}', 400),
        (b'{"output": ' + b"[" * 5000 + b"]" * 5000 + b"}", 400),
        (b'{"output": "\xff"}', 400),
    ],
    ids=lambda value: value[:20] if isinstance(value, bytes) else value,
)
def test_a_body_that_is_no_output_is_refused(aws, api, run, body: bytes, status: int):
    put(aws, an_outside_call())
    event = proxy_event("POST", PATH, headers=[("Content-Type", "application/json")])
    encoded = {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}

    answer = api.answer(event | encoded)

    assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json")
    assert messages(aws) == []


# -- Again, at the same time, and with something down --------------------------------------------


@pytest.mark.parametrize(
    "body", [{"output": LONG}, {"output": {"a": 1}}, {"error": "x"}], ids=lambda b: str(b)[:20]
)
def test_the_same_output_again_changes_nothing_and_tells_the_worker_again(
    aws, api, run, body: dict[str, Any]
):
    call = an_outside_call()
    put(aws, call)
    first = api.post(PATH, body)
    after_first = stored(aws, call)

    again = api.post(PATH, body)

    assert (again.status, again.json) == (202, first.json)
    assert stored(aws, call) == after_first
    assert messages(aws) == 2 * [RunMessage(RUN_ID, "call_ended")]


def test_the_same_output_again_is_taken_when_the_run_is_over_and_nobody_is_told(aws, api):
    ended = {"outcome": "succeeded", "output": "inline:x", "wait_until": after(-(10**8))}
    put(aws, a_run(status="completed", ended_at=after(9)), an_outside_call(**ended))

    assert api.post(PATH, {"output": "x"}).status == 202
    assert messages(aws) == []


@pytest.mark.parametrize("first", [{"output": "x"}, {"error": "x"}], ids=str)
@pytest.mark.parametrize("other", [{"output": "y"}, {"error": "y"}, {"output": None}], ids=str)
def test_another_output_is_a_conflict_that_shows_the_first(
    aws, api, run, first: dict[str, str], other: dict[str, str]
):
    call = an_outside_call()
    put(aws, call)
    api.post(PATH, first)
    after_first = stored(aws, call)

    answer = api.post(PATH, other)

    ((name, text),) = first.items()
    assert (answer.status, answer.json["first"]) == (409, first)
    assert answer.json["detail"].endswith(f'it was answered with the {name} "{text}"')
    assert stored(aws, call) == after_first


def test_of_a_long_first_output_the_beginning_is_shown(aws, api, run):
    put(aws, an_outside_call())
    api.post(PATH, {"output": LONG})

    answer = api.post(PATH, {"output": "y"})

    assert (answer.status, answer.json["first"]) == (409, {"output": f"{LONG[:1000]}..."})


def in_the_meantime(deployed: Deployed, write) -> None:
    """Have something happen between what is read and what is written, once."""

    def overtake(_request: Any) -> None:
        del deployed.faults["UpdateItem"]
        write()

    deployed.faults["UpdateItem"] = overtake


def test_of_an_output_and_an_expiry_the_second_loses(aws, api, deployed: Deployed, run):
    call = an_outside_call()
    expired = replace(call, outcome="failed", error=LATE, ended_at=after(300))
    put(aws, call)
    in_the_meantime(deployed, lambda: put(aws, expired))

    answer = api.post(PATH, {"output": "x"})

    assert (answer.status, answer.json["detail"]) == (
        409,
        "the call is failed, it does not await this output",
    )
    assert stored(aws, call) == expired
    assert messages(aws) == []


@pytest.mark.usefixtures("run")
@pytest.mark.parametrize("other", ["x", "y"])
def test_of_two_outputs_the_first_one_counts(aws, api, rival, deployed: Deployed, other: str):
    call = an_outside_call()
    put(aws, call)
    overtaking = []
    in_the_meantime(deployed, lambda: overtaking.append(rival.post(PATH, {"output": "x"})))

    answer = api.post(PATH, {"output": other})

    assert [overtaking[0].status, answer.status] == [202, 202 if other == "x" else 409]
    assert output_of(aws, call) == "x"


@pytest.mark.usefixtures("run")
@pytest.mark.parametrize("operation", ["GetItem", "Query", "PutObject", "UpdateItem", "SendMessage"])
@pytest.mark.parametrize("fault", [REFUSED, lost(500, b"")], ids=["not-applied", "applied-but-not-told"])
def test_whichever_request_fails_a_retry_leaves_one_output_and_a_worker_that_knows(
    aws, api, deployed: Deployed, operation: str, fault: Any
):
    call = an_outside_call()
    put(aws, call)
    deployed.faults[operation] = fault
    failed = api.post(PATH, {"output": LONG})
    deployed.faults.clear()

    retried = api.post(PATH, {"output": LONG})

    assert (failed.status, failed.headers["retry-after"]) == (503, "5")
    assert retried.status == 202
    assert output_of(aws, call) == LONG
    assert set(messages(aws)) == {RunMessage(RUN_ID, "call_ended")}


def test_nothing_private_is_logged_of_an_output(aws, api, deployed: Deployed, run):
    put(aws, an_outside_call())
    api.post(PATH, {"output": "private words", "private": 1})
    deployed.faults["SendMessage"] = RuntimeError("private words")
    api.post(PATH, {"output": "private words"})

    assert "private" not in deployed.output.getvalue()

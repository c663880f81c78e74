"""A deletion is on the record before it is acknowledged, and nothing of the run is shown from then on."""

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from contracts.items import run_key
from contracts.messages import RunMessage, from_body
from contracts.records import DeletedRequest, DeletedRun, Run
from contracts.status import STATUSES, is_terminal

from tests.harness.template import physical_name
from tests.integration.api.records_in_aws import put
from tests.integration.local_aws import queued
from tests.unit.layer.records import RUN_ID, a_call, a_run, after

DELETED = DeletedRun(RUN_ID, "response", created_at=after(0), deleted_at=after(9), provider_left="no_key")
DELETED_AT = "2026-11-21T09:30:09.000Z"
OVER = [status for status in STATUSES if is_terminal(status)]


def ended(run_id: str = RUN_ID, **changes: Any) -> Run:
    return a_run(run_id, **{"status": "completed", "ended_at": after(5), **changes})


def standing(aws) -> dict[str, Any]:
    item: dict[str, Any] = aws.dynamodb.get_item(TableName=physical_name("RunTable"), Key=run_key(RUN_ID))[
        "Item"
    ]
    return item


@pytest.mark.parametrize("status", OVER)
def test_a_run_that_is_over_is_left_to_the_worker_to_delete(aws, api, status):
    put(aws, ended(status=status))

    answer = api.send("DELETE", f"/runs/{RUN_ID}")

    assert (answer.status, answer.json) == (202, {"run_id": RUN_ID, "deleted_at": None})
    assert [from_body(body) for body in queued(aws)] == [RunMessage(RUN_ID, "delete")]


@pytest.mark.parametrize("status", [status for status in STATUSES if status not in OVER])
def test_an_open_run_is_a_409_that_says_how_it_stands(aws, api, status):
    put(aws, a_run(status=status))
    before = standing(aws)

    answer = api.send("DELETE", f"/runs/{RUN_ID}")

    assert (answer.status, answer.json["detail"]) == (409, f"the run is {status}: cancel it first")
    assert standing(aws) == before
    assert queued(aws) == []


def test_a_run_that_never_was_is_a_404(aws, api):
    assert api.send("DELETE", f"/runs/{RUN_ID}").status == 404
    assert queued(aws) == []


def test_a_deletion_is_on_the_record_before_it_is_acknowledged_and_the_sweeper_finds_it(aws, api, deployed):
    put(aws, run := ended())
    deployed.faults["SendMessage"] = EndpointConnectionError(endpoint_url="https://aws")

    assert api.send("DELETE", f"/runs/{RUN_ID}").status == 503

    item = standing(aws)
    assert item["version"] == {"N": str(run.version + 1)}
    assert "listing" not in item
    assert datetime.fromisoformat(item["due_at"]["S"]) <= datetime.now(UTC)
    assert item["deletion_requested_at"] == item["due_at"]
    assert item["sweep"]["S"].startswith("open#")


def test_a_deletion_that_comes_again_changes_nothing_and_tells_the_worker_again(aws, api):
    put(aws, ended())
    api.send("DELETE", f"/runs/{RUN_ID}")
    before = standing(aws)

    assert api.send("DELETE", f"/runs/{RUN_ID}").status == 202

    assert standing(aws) == before
    assert [from_body(body) for body in queued(aws)] == [RunMessage(RUN_ID, "delete")] * 2


def test_a_run_that_was_deleted_is_a_202_that_says_when_and_tells_nobody(aws, api):
    put(aws, DELETED)

    answer = api.send("DELETE", f"/runs/{RUN_ID}")

    assert (answer.status, answer.json) == (202, {"run_id": RUN_ID, "deleted_at": DELETED_AT})
    assert queued(aws) == []


@pytest.mark.parametrize("body", [b'{"dry_run": true}', b"[1]", b"0"], ids=str)
def test_a_deletion_that_says_more_is_refused(aws, api, body):
    put(aws, ended())
    before = standing(aws)

    assert api.send("DELETE", f"/runs/{RUN_ID}", body=body).status == 422
    assert standing(aws) == before


NAMED = [
    ("GET", f"/runs/{RUN_ID}", b""),
    ("GET", f"/runs/{RUN_ID}/events", b""),
    ("POST", f"/runs/{RUN_ID}/cancel", b""),
    ("POST", f"/runs/{RUN_ID}/calls/call_1/decision", b'{"approve": true}'),
    ("POST", f"/runs/{RUN_ID}/calls/call_1/output", b'{"output": "x"}'),
]
TO_BE = (ended(deletion_requested_at=after(7)), {"deleted_at": None, "provider_left": False})
WAS = (DELETED, {"deleted_at": DELETED_AT, "provider_left": True})


@pytest.mark.parametrize("request_", NAMED, ids=lambda each: each[1])
@pytest.mark.parametrize(("record", "facts"), [TO_BE, WAS], ids=["to be deleted", "deleted"])
def test_what_is_deleted_or_to_be_is_a_410_wherever_it_is_named(aws, api, request_, record, facts):
    method, path, body = request_
    put(aws, record, a_call())

    answer = api.send(method, path, body=body, headers={"Content-Type": "application/json"})

    assert (answer.status, answer.headers["content-type"]) == (410, "application/problem+json")
    assert facts.items() <= answer.json.items()
    assert "acme" not in answer.body


@pytest.mark.parametrize("record", [ended(deletion_requested_at=after(7)), DELETED], ids=["to be", "deleted"])
def test_no_list_shows_it_though_an_index_still_does(aws, api, record):
    put(aws, record, ended("run_01JDZ3V8W8Q5Z8Q5Z8Q5Z8Q5Z9"))
    aws.dynamodb.update_item(
        TableName=physical_name("RunTable"),
        Key=run_key(RUN_ID),
        UpdateExpression="SET listing = :run",
        ExpressionAttributeValues={":run": {"S": "run"}},
    )

    assert [run["run_id"] for run in api.get("/runs").json["runs"]] == ["run_01JDZ3V8W8Q5Z8Q5Z8Q5Z8Q5Z9"]


@pytest.mark.parametrize("is_long", [False, True])
def test_the_key_of_a_deleted_run_starts_no_other(aws, api, is_long):
    words = "x" * (200_000 if is_long else 1)
    body = {"kind": "response", "request": {"model": "gpt-6-astra", "input": words}}
    run_id = api.post("/runs", body, key="order-1").json["run_id"]
    [request] = [
        item
        for item in aws.dynamodb.scan(TableName=physical_name("RunTable"))["Items"]
        if item["sk"]["S"] == "request"
    ]
    put(aws, DeletedRequest(request["pk"]["S"], run_id, after(9)))

    answer = api.post("/runs", body, key="order-1")

    assert (answer.status, answer.json["detail"]) == (410, f"the run {run_id} was deleted")
    assert objects(aws) == []


def test_a_request_that_is_sent_again_leaves_no_second_text(aws, api):
    body = {"kind": "response", "request": {"model": "gpt-6-astra", "input": "x" * 200_000}}

    answers = [api.post("/runs", body, key="order-1"), api.post("/runs", body, key="order-1")]
    answers.append(api.post("/runs", {**body, "max_turns": 3}, key="order-1"))

    assert [answer.status for answer in answers] == [202, 202, 409]
    assert len(objects(aws)) == 1


def objects(aws) -> list[str]:
    listed = aws.s3.list_objects_v2(Bucket=physical_name("PayloadBucket"))
    return [each["Key"] for each in listed.get("Contents", ())]

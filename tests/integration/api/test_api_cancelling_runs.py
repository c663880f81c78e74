import pytest
from botocore.exceptions import EndpointConnectionError
from contracts.items import from_item, run_key, to_item
from contracts.messages import RunMessage, from_body
from contracts.records import Run

from tests.harness.template import physical_name
from tests.integration.local_aws import queued
from tests.unit.layer.records import RUN_ID, a_run, after


def put(aws, run) -> None:
    aws.dynamodb.put_item(TableName=physical_name("RunTable"), Item=to_item(run))


def standing(aws) -> Run:
    key = run_key(RUN_ID)
    return from_item(Run, aws.dynamodb.get_item(TableName=physical_name("RunTable"), Key=key)["Item"])


@pytest.mark.parametrize("status", ["queued", "in_progress", "requires_action", "cancelling"])
def test_an_open_run_is_left_to_the_worker_to_cancel(aws, api, status: str):
    put(aws, a_run(status=status))

    answer = api.send("POST", f"/runs/{RUN_ID}/cancel")

    assert (answer.status, answer.json["run_id"], answer.json["status"]) == (202, RUN_ID, status)
    assert [from_body(body) for body in queued(aws)] == [RunMessage(RUN_ID, "cancel")]


def test_a_cancel_is_on_the_record_before_it_is_acknowledged(aws, api, deployed):
    put(aws, before := a_run())
    deployed.faults["SendMessage"] = EndpointConnectionError(endpoint_url="https://aws")

    assert api.send("POST", f"/runs/{RUN_ID}/cancel").status == 503

    run = standing(aws)
    assert run.cancel_requested_at is not None
    assert run.version == before.version + 1


def test_a_cancel_that_comes_again_changes_nothing_and_tells_the_worker_again(aws, api):
    put(aws, a_run())
    api.send("POST", f"/runs/{RUN_ID}/cancel")
    before = standing(aws)

    assert api.send("POST", f"/runs/{RUN_ID}/cancel").status == 202

    assert standing(aws) == before
    assert [from_body(body) for body in queued(aws)] == [RunMessage(RUN_ID, "cancel")] * 2


@pytest.mark.parametrize("status", ["completed", "incomplete", "failed", "expired", "lost"])
def test_a_run_that_has_ended_otherwise_is_a_409_that_says_how(aws, api, status: str):
    put(aws, run := a_run(status=status, ended_at=after(5)))

    answer = api.send("POST", f"/runs/{RUN_ID}/cancel")

    assert (answer.status, answer.json["detail"]) == (409, f"the run has ended already: it is {status}")
    assert standing(aws) == run
    assert queued(aws) == []


def test_a_cancel_of_a_cancelled_run_holds(aws, api):
    put(aws, a_run(status="cancelled", ended_at=after(5)))

    answer = api.send("POST", f"/runs/{RUN_ID}/cancel")

    assert (answer.status, answer.json["status"]) == (202, "cancelled")
    assert queued(aws) == []


def test_a_run_that_is_not_there_cannot_be_cancelled(api):
    assert api.send("POST", f"/runs/{RUN_ID}/cancel").status == 404


def test_with_the_queue_down_a_cancellation_is_not_acknowledged(aws, api, deployed):
    put(aws, a_run())
    deployed.faults["SendMessage"] = EndpointConnectionError(endpoint_url="https://aws")

    assert api.send("POST", f"/runs/{RUN_ID}/cancel").status == 503


@pytest.mark.parametrize("body", [b"", b"{}", b"null"], ids=str)
def test_a_body_that_says_nothing_is_none(aws, api, body):
    put(aws, a_run())

    assert api.send("POST", f"/runs/{RUN_ID}/cancel", body=body).status == 202


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (b'{"dry_run": true, "reason": "x"}', ["dry_run", "reason"]),
        (b"[1]", ["body"]),
        (b'"x"', ["body"]),
        (b"0", ["body"]),
        (b"false", ["body"]),
    ],
    ids=str,
)
def test_a_cancel_that_says_more_is_refused_by_name_and_cancels_nothing(aws, api, body, fields):
    put(aws, run := a_run())

    answer = api.send("POST", f"/runs/{RUN_ID}/cancel", body=body)

    assert (answer.status, [each["field"] for each in answer.json["errors"]]) == (422, fields)
    assert standing(aws) == run
    assert queued(aws) == []

import pytest
from botocore.exceptions import EndpointConnectionError
from contracts.items import to_item
from contracts.messages import RunMessage, from_body

from tests.harness.template import physical_name
from tests.integration.local_aws import queued
from tests.unit.layer.records import RUN_ID, a_run, after


def put(aws, run) -> None:
    aws.dynamodb.put_item(TableName=physical_name("RunTable"), Item=to_item(run))


@pytest.mark.parametrize("status", ["queued", "in_progress", "requires_action"])
def test_an_open_run_is_left_to_the_worker_to_cancel(aws, api, status: str):
    put(aws, a_run(status=status))

    answer = api.send("POST", f"/runs/{RUN_ID}/cancel")

    assert (answer.status, answer.json["run_id"], answer.json["status"]) == (202, RUN_ID, status)
    assert [from_body(body) for body in queued(aws)] == [RunMessage(RUN_ID, "cancel")]


@pytest.mark.parametrize("status", ["completed", "incomplete", "failed", "cancelled", "expired", "lost"])
def test_a_run_that_is_over_stays_as_it_ended(aws, api, status: str):
    put(aws, a_run(status=status, ended_at=after(5)))

    answer = api.send("POST", f"/runs/{RUN_ID}/cancel")

    assert (answer.status, answer.json["status"]) == (202, status)
    assert queued(aws) == []


def test_a_run_that_is_not_there_cannot_be_cancelled(api):
    assert api.send("POST", f"/runs/{RUN_ID}/cancel").status == 404


def test_with_the_queue_down_a_cancellation_is_not_acknowledged(aws, api, deployed):
    put(aws, a_run())
    deployed.faults["SendMessage"] = EndpointConnectionError(endpoint_url="https://aws")

    assert api.send("POST", f"/runs/{RUN_ID}/cancel").status == 503

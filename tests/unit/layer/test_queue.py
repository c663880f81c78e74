"""A queue, seen from the sender."""

import boto3
import pytest
from botocore.stub import ANY, Stubber
from contracts.messages import RunMessage
from contracts.queue import Queue

URL = "https://sqs.eu-central-1.amazonaws.com/123456789012/run-queue"


@pytest.mark.parametrize(("asked", "sent"), [(0, 0), (30, 30), (900, 900), (901, 900), (86_400, 900)])
def test_no_message_is_delayed_for_longer_than_sqs_takes(asked: int, sent: int):
    sqs = boto3.client(
        "sqs", region_name="eu-central-1", aws_access_key_id="none", aws_secret_access_key="none"
    )
    with Stubber(sqs) as stub:
        stub.add_response(
            "send_message",
            {"MessageId": "1"},
            {"QueueUrl": URL, "MessageBody": ANY, "DelaySeconds": sent},
        )

        Queue(sqs, URL).send(RunMessage("run_1", "check"), delay_seconds=asked)

        stub.assert_no_pending_responses()

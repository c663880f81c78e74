"""The sample rules deploy beside a stack, and what they subscribe to arrives."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from runrelay_client import Client, text

from runrelay.stack import Stack
from tests.harness.announced import check

TEMPLATE = Path(__file__).parents[2] / "examples/rules/template.yaml"
PATIENCE_SECONDS = 90


@pytest.fixture(scope="module")
def rules(stack: Stack) -> Iterator[dict[str, str]]:
    """Deploy the rules beside the stack, and give their outputs.

    Without the endpoint: MiniStack 1.5.33 has no CloudFormation for API destinations.
    """
    name, cloudformation = f"rules-{uuid4()}", stack.client("cloudformation")
    cloudformation.create_stack(
        StackName=name, TemplateBody=TEMPLATE.read_text(), Capabilities=["CAPABILITY_IAM"]
    )
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    (created,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
    yield {output["OutputKey"]: output["OutputValue"] for output in created["Outputs"]}
    cloudformation.delete_stack(StackName=name)


def until[T](find: Callable[[], T | None]) -> T:
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while (found := find()) is None:
        assert time.monotonic() < give_up_at
        time.sleep(0.2)
    return found


def test_the_end_of_a_run_arrives_in_the_queue(stack: Stack, client: Client, rules: dict[str, str]):
    sqs, url = stack.client("sqs"), rules["RunEndedQueueUrl"]
    run_id = client.start(text("ok"))

    def arrived() -> dict[str, Any] | None:
        answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        events = [json.loads(message["Body"]) for message in answer.get("Messages", ())]
        return next((event for event in events if event["detail"]["run_id"] == run_id), None)

    event = until(arrived)
    check(event)
    assert (event["detail-type"], event["detail"]["status"]) == ("Run Status Changed", "completed")


def test_a_run_that_failed_is_told_to_the_function(stack: Stack, client: Client, rules: dict[str, str]):
    logs, group = stack.client("logs"), f"/aws/lambda/{rules['RunFailedFunctionName']}"
    run_id = client.start({"fail": {"code": "bad_luck", "message": "boom"}})
    client.ended(run_id)

    def said() -> str | None:
        try:
            lines = logs.filter_log_events(logGroupName=group)["events"]
        except logs.exceptions.ResourceNotFoundException:
            return None  # it has not been called yet
        return next((line["message"] for line in lines if run_id in line["message"]), None)

    assert f"{run_id} failed bad_luck" in until(said)

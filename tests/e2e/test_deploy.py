"""`make deploy` as a team types it, against a MiniStack that has another environment's stack already."""

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from account import make_deploy
from runrelay_client import Client, calls, text

from runrelay.stack import Stack
from tasks import artifact, deployment, ministack
from tasks.local_stack import LocalStack

GET = ("get_order", {"order_id": "A-1"})
STACKS = ("runrelay", "runrelay-dev")


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with LocalStack(tmp_path_factory.mktemp("account")) as stack:
        yield stack


@pytest.fixture(scope="module")
def second(first: Stack) -> Stack:
    """Deploy the environment `dev` beside it; they share the simulator, as they may a project."""
    parameters = {
        "Architecture": artifact.host_architecture(),
        "OpenAIBaseUrl": f"{first.simulator_url}/v1",
        "SampleShopUrl": first.simulator_url,
    }
    words = " ".join(f"{name}={value}" for name, value in parameters.items())
    key = {"OPENAI_API_KEY": first.openai_api_key}
    deployed = make_deploy(ministack.shell_environment(first.aws_endpoint_url) | key, f"PARAMETERS={words}")
    assert deployed.returncode == 0, deployed.stdout + deployed.stderr

    (described,) = first.client("cloudformation").describe_stacks(StackName="runrelay-dev")["Stacks"]
    outputs = {each["OutputKey"]: each["OutputValue"] for each in described["Outputs"]}
    deployment.open_routes(outputs["HttpApiId"], first.aws_endpoint_url)
    deployment.restore_numbers(first.aws_endpoint_url)
    return replace(
        first,
        stack_name="runrelay-dev",
        api_url=f"{first.aws_endpoint_url}/_aws/execute-api/{outputs['HttpApiId']}",
        table_name=outputs["TableName"],
    )


@pytest.fixture(scope="module")
def runs(first: Stack, second: Stack) -> Iterator[dict[str, dict[str, Any]]]:
    """A run in each, at its end, by the stack's name."""
    with httpx2.Client(timeout=30, trust_env=False) as http:
        clients = {stack.stack_name: Client(stack, http) for stack in (first, second)}
        started = {
            name: client.start(calls(GET), text(name), tools=["get_order"])
            for name, client in clients.items()
        }
        yield {name: clients[name].ended(run_id) for name, run_id in started.items()}


@pytest.fixture(scope="module")
def heard(first: Stack) -> Iterator[Any]:
    """Subscribe to everything; gives what was heard so far."""
    events, sqs = first.client("events"), first.client("sqs")
    url = sqs.create_queue(QueueName="everything")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name="everything", EventPattern=json.dumps({"source": ["runrelay"]}))
    events.put_targets(Rule="everything", Targets=[{"Id": "queue", "Arn": arn}])
    return sqs, url


def test_two_environments_never_see_each_others_runs_events_logs_or_metrics(first, second, heard, runs):
    endings = {name: (run["status"], run["result"]["output_text"]) for name, run in runs.items()}
    listed = {
        stack.stack_name: [
            each["run_id"] for each in httpx2.get(f"{stack.api_url}/runs", trust_env=False).json()["runs"]
        ]
        for stack in (first, second)
    }
    told = {
        (each["resources"][0], each["detail"]["stack"], each["detail"]["run_id"]) for each in _events(*heard)
    }
    lines = list(_lines(first))

    ids = {name: run["run_id"] for name, run in runs.items()}
    assert endings == {name: ("completed", name) for name in STACKS}
    assert listed == {name: [run_id] for name, run_id in ids.items()}
    assert {each for each in told if each[2]} == {(name, name, run_id) for name, run_id in ids.items()}
    assert {(group.split("/")[3], line["stack"]) for group, line in lines} == {
        (name, name) for name in STACKS
    }
    for name, run_id in ids.items():
        of_it = [line for _, line in lines if line.get("run_id") == run_id]
        assert {line["stack"] for line in of_it if line["message"] != "run not found"} == {name}
    assert all("stack" in dimensions for _, line in lines for dimensions in _dimensions(line))


def _events(sqs: Any, url: str) -> Iterator[dict[str, Any]]:
    while found := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1).get(
        "Messages"
    ):
        for message in found:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            yield json.loads(message["Body"])


def _lines(stack: Stack) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give every JSON line of every log of a function, with the group it is in."""
    logs = stack.client("logs")
    for group in logs.describe_log_groups(logGroupNamePrefix="/aws/lambda/")["logGroups"]:
        for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group["logGroupName"]):
            for event in page["events"]:
                if event["message"].startswith("{"):
                    yield group["logGroupName"], json.loads(event["message"])


def _dimensions(line: dict[str, Any]) -> list[list[str]]:
    return [
        each
        for metrics in line.get("_aws", {}).get("CloudWatchMetrics", ())
        for each in metrics["Dimensions"]
    ]


def test_one_command_deploys_and_registers_its_endpoint_beside_the_others(first, second):
    listed = httpx2.get(
        f"{first.simulator_url}/v1/webhook_endpoints",
        headers={"authorization": f"Bearer {first.openai_api_key}"},
        trust_env=False,
    ).json()["data"]

    assert {each["name"] for each in listed} == set(STACKS)
    assert len({each["url"] for each in listed}) == len(listed)


def test_everything_that_can_be_tagged_says_whose_it_is(first, second):
    tagged = {
        stack.stack_name: {
            each["ResourceARN"].split(":")[2]
            for page in first.client("resourcegroupstaggingapi")
            .get_paginator("get_resources")
            .paginate(TagFilters=[{"Key": "runrelay:stack", "Values": [stack.stack_name]}])
            for each in page["ResourceTagMappingList"]
        }
        for stack in (first, second)
    }

    assert tagged["runrelay"] == tagged["runrelay-dev"] >= {"lambda", "sqs", "dynamodb"}  # MiniStack's list


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        (("AWS_DEFAULT_REGION", "AWS_REGION"), "There is no AWS region here"),
        (("AWS_ACCESS_KEY_ID",), "There are no AWS credentials here"),
    ],
)
def test_a_deploy_without_region_or_credentials_says_which_is_missing(missing: tuple[str, ...], words: str):
    environment = ministack.shell_environment("http://127.0.0.1:9") | {"AWS_EC2_METADATA_DISABLED": "true"}

    deployed = make_deploy({name: value for name, value in environment.items() if name not in missing})

    assert deployed.returncode != 0
    assert words in deployed.stdout + deployed.stderr


def test_an_environment_that_there_is_not_is_refused_with_those_there_are():
    deployed = make_deploy(dict(os.environ), "ENVIRONMENT=porduction")

    assert deployed.returncode != 0
    assert "no environment porduction: it has default, dev, prod" in deployed.stdout + deployed.stderr

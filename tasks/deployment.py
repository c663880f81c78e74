"""Put the template on MiniStack with a plain `sam deploy`, and what it needs to be used there."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from runrelay import local_aws
from tasks import ministack
from tasks.checkout import SAM
from tasks.program import run

STACK_NAME: Final = "runrelay"
PATIENCE_SECONDS: Final = 30


@contextmanager
def deliveries_paused(endpoint_url: str) -> Iterator[None]:
    """Hand nothing to a function that is deployed anew, and wait for what its instances have in hand.

    AWS lets an invocation end on the code with which it began. MiniStack 1.5.33 ends the instance at once:
    what it had in hand would come back only after the queue's visibility timeout, of six or twelve minutes.
    """
    functions = local_aws.client("lambda", endpoint_url)
    mappings = functions.list_event_source_mappings()["EventSourceMappings"]
    try:
        for mapping in mappings:
            functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
        _wait_until_idle([mapping["EventSourceArn"] for mapping in mappings], endpoint_url)
        yield
    finally:
        for mapping in mappings:
            functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)


def _wait_until_idle(queue_arns: list[str], endpoint_url: str) -> None:
    """Wait until no message is in hand; one that was given back for later counts too, so not for ever."""
    sqs = local_aws.client("sqs", endpoint_url)
    urls = [sqs.get_queue_url(QueueName=arn.rpartition(":")[2])["QueueUrl"] for arn in queue_arns]
    in_hand = "ApproximateNumberOfMessagesNotVisible"
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < give_up_at and any(
        int(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[in_hand])["Attributes"][in_hand])
        for url in urls
    ):
        time.sleep(0.1)


def deploy(template: Path, endpoint_url: str, parameters: Mapping[str, str], *, log: Path) -> dict[str, str]:
    """Deploy a built template and return the stack's outputs."""
    overrides = [f"{name}={value}" for name, value in parameters.items()]
    run(
        [
            *(SAM, "deploy", "--template-file", template, "--stack-name", STACK_NAME),
            *("--resolve-s3", "--capabilities", "CAPABILITY_IAM"),
            *("--no-confirm-changeset", "--no-progressbar", "--no-fail-on-empty-changeset"),
            *("--parameter-overrides", *overrides),
        ],
        log=log,
        environment=ministack.shell_environment(endpoint_url),
    )
    cloudformation = local_aws.client("cloudformation", endpoint_url)
    (stack,) = cloudformation.describe_stacks(StackName=STACK_NAME)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def open_routes(http_api_id: str, endpoint_url: str) -> None:
    """Let plain HTTP clients in: the API is bound to loopback, and a signature proves nothing there."""
    apigateway = local_aws.client("apigatewayv2", endpoint_url)
    for route in apigateway.get_routes(ApiId=http_api_id)["Items"]:
        if route["AuthorizationType"] == "AWS_IAM":
            apigateway.update_route(ApiId=http_api_id, RouteId=route["RouteId"], AuthorizationType="NONE")


def open_bucket(bucket_name: str, endpoint_url: str) -> None:
    """Let the functions in by plain HTTP: there is no other way on loopback, and the bucket refuses it."""
    local_aws.client("s3", endpoint_url).delete_bucket_policy(Bucket=bucket_name)


def restore_numbers(endpoint_url: str) -> None:
    """Give the event source mappings their numbers back: MiniStack 1.5.33 keeps a parameter's as a string.

    Its poller compares them as they are and gives up: nothing would be delivered.
    """
    functions = local_aws.client("lambda", endpoint_url)
    for mapping in functions.list_event_source_mappings()["EventSourceMappings"]:
        functions.update_event_source_mapping(UUID=mapping["UUID"], ScalingConfig=mapping["ScalingConfig"])


def point_at_latest(endpoint_url: str) -> None:
    """Have each function's alias name its latest code: MiniStack 1.5.33 reserves concurrency for no version.

    Without a reservation a burst starts as many processes as there are messages.
    """
    functions = local_aws.client("lambda", endpoint_url)
    for function in functions.list_functions()["Functions"]:
        name = function["FunctionName"]
        for alias in functions.list_aliases(FunctionName=name)["Aliases"]:
            functions.update_alias(FunctionName=name, Name=alias["Name"], FunctionVersion="$LATEST")


def restore_reservations(reserved: Mapping[str, int], endpoint_url: str) -> None:
    """Give the functions their reserved concurrency back: MiniStack 1.5.33 passes over it in a template.

    Args:
        reserved: How many instances, by the function's logical id; 0 is no reservation.
    """
    cloudformation = local_aws.client("cloudformation", endpoint_url)
    functions = local_aws.client("lambda", endpoint_url)
    for logical_id, count in reserved.items():
        if count == 0:
            continue
        described = cloudformation.describe_stack_resource(StackName=STACK_NAME, LogicalResourceId=logical_id)
        name = described["StackResourceDetail"]["PhysicalResourceId"]
        functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=count)


def put_secret(name: str, value: str, endpoint_url: str) -> None:
    secrets = local_aws.client("secretsmanager", endpoint_url)
    secrets.put_secret_value(SecretId=name, SecretString=value)

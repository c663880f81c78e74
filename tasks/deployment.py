"""Put the template on MiniStack with a plain `sam deploy`, and what it needs to be used there."""

import base64
import secrets
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from runrelay import local_aws
from tasks import ministack
from tasks.checkout import SAM
from tasks.program import run

STACK_NAME: Final = "runrelay"
PATIENCE_SECONDS: Final = 30
LATEST: Final = "$LATEST"


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
        _wait_until_idle(endpoint_url)
        yield
    finally:
        for mapping in mappings:
            functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)


def _wait_until_idle(endpoint_url: str) -> None:
    """Wait until no message is in hand; one that was given back for later counts too, so not for ever."""
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < give_up_at and in_hand(endpoint_url):
        time.sleep(0.1)


def in_hand(endpoint_url: str) -> int:
    """Count the messages that were handed to a function, and not yet taken off their queue."""
    sqs, functions = (local_aws.client(each, endpoint_url) for each in ("sqs", "lambda"))
    mappings = functions.list_event_source_mappings()["EventSourceMappings"]
    names = [mapping["EventSourceArn"].rpartition(":")[2] for mapping in mappings]
    count = "ApproximateNumberOfMessagesNotVisible"
    urls = [sqs.get_queue_url(QueueName=name)["QueueUrl"] for name in names]
    answers = [sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[count]) for url in urls]
    return sum(int(answer["Attributes"][count]) for answer in answers)


def deploy(template: Path, endpoint_url: str, parameters: Mapping[str, str], *, log: Path) -> dict[str, str]:
    """Deploy a built template and return the stack's outputs.

    Args:
        parameters: Those of the template; an empty one is left to its default, for SAM refuses to be told it.
    """
    overrides = [f"{name}={value}" for name, value in parameters.items() if value]
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


def point_at_latest(logical_ids: Iterable[str], endpoint_url: str) -> None:
    """Have functions' aliases name their latest code: MiniStack 1.5.33 reserves concurrency for no version.

    Without a reservation a burst starts as many processes as there are messages. The version goes, and with
    it the instance that has answered OpenAI's test event during the deploy.
    """
    functions = local_aws.client("lambda", endpoint_url)
    for name in [physical_id(each, endpoint_url) for each in logical_ids]:
        for alias in functions.list_aliases(FunctionName=name)["Aliases"]:
            functions.update_alias(FunctionName=name, Name=alias["Name"], FunctionVersion=LATEST)
            if alias["FunctionVersion"] != LATEST:
                functions.delete_function(FunctionName=name, Qualifier=alias["FunctionVersion"])


def drop_unnamed_versions(endpoint_url: str) -> None:
    """Remove the versions that no alias names: instances of theirs stay for as long as they are there."""
    functions = local_aws.client("lambda", endpoint_url)
    for function in functions.list_functions()["Functions"]:
        name = function["FunctionName"]
        aliases = functions.list_aliases(FunctionName=name)["Aliases"]
        named = {LATEST, *(alias["FunctionVersion"] for alias in aliases)}
        for version in functions.list_versions_by_function(FunctionName=name)["Versions"]:
            if version["Version"] not in named:
                functions.delete_function(FunctionName=name, Qualifier=version["Version"])


def restore_reservations(reserved: Mapping[str, int], endpoint_url: str) -> None:
    """Give the functions their reserved concurrency back: MiniStack 1.5.33 passes over it in a template.

    Args:
        reserved: How many instances, by the function's logical id; 0 is no reservation.
    """
    functions = local_aws.client("lambda", endpoint_url)
    for logical_id, count in reserved.items():
        if count:
            name = physical_id(logical_id, endpoint_url)
            functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=count)


def physical_id(logical_id: str, endpoint_url: str) -> str:
    """Say what a resource of the template is named on the stack."""
    cloudformation = local_aws.client("cloudformation", endpoint_url)
    described = cloudformation.describe_stack_resource(StackName=STACK_NAME, LogicalResourceId=logical_id)
    name: str = described["StackResourceDetail"]["PhysicalResourceId"]
    return name


def signing_secret(name: str, endpoint_url: str) -> str:
    """Read what webhooks are signed with, of several the newest; make it, where none was registered."""
    secrets_manager = local_aws.client("secretsmanager", endpoint_url)
    # Of a secret without a value AWS says that it is not there; MiniStack 1.5.33 gives an empty text.
    if held := secrets_manager.get_secret_value(SecretId=name)["SecretString"].split():
        newest: str = held[0]
        return newest
    made = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    secrets_manager.put_secret_value(SecretId=name, SecretString=made)
    return made

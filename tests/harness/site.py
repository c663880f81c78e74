"""What is set up once in a process: the simulator, the door for its webhooks, and the four functions."""

import atexit
import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
import httpx2
from moto import mock_aws

from simulator.app import create_app
from simulator.serving import served
from simulator.webhooks.signing import new_secret
from tests.harness import transports  # noqa: F401 - before any client is made
from tests.harness.functions import LOGICAL_IDS, Function
from tests.harness.memory_table import MemoryTable
from tests.harness.quick_aws import QuickAws, serving
from tests.harness.simulation import Simulation
from tests.harness.template import REGION, STACK, Template
from tests.harness.webhooks import PATH, Door

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_SESSION_TOKEN": "testing",
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
    "NO_PROXY": "127.0.0.1",
}
API_KEY = "sk-harness"
ON_MOTO = bool(os.environ.get("TESTS_ON_MOTO"))
"""`make proofs` tries once more on moto what is otherwise tried on `QuickAws`."""


@dataclass(frozen=True)
class Site:
    """Everything that does not change from one world to the next."""

    template: Template
    functions: dict[str, Function]
    simulator: Simulation
    door: Door
    webhook_secret: str

    @property
    def environment(self) -> dict[str, str]:
        """The variables of all functions together; those that differ matter to log lines only."""
        variables = [self.template.environment(each) for each in LOGICAL_IDS.values()]
        return CREDENTIALS | {name: value for each in variables for name, value in each.items()}


@cache
def site() -> Site:
    """Start what is needed, and stop it when the process ends."""
    stack = ExitStack()
    atexit.register(stack.close)
    door, secret = Door(), new_secret()
    door_url = stack.enter_context(served(door.app))
    simulator = create_app(webhook_url=door_url + PATH, webhook_secret=secret, api_key=API_KEY)
    url = stack.enter_context(served(simulator))
    client = stack.enter_context(httpx2.Client(base_url=url, trust_env=False))
    template = Template({"OpenAIBaseUrl": f"{url}/v1", "SampleShopUrl": url})
    functions = {name: Function(name, template) for name in LOGICAL_IDS}
    return Site(template, functions, Simulation(client), door, secret)


@contextmanager
def deployed(here: Site, *, on_moto: bool = ON_MOTO) -> Iterator[None]:
    """Create what the template says, empty, and forget it after the block.

    Args:
        on_moto: Whether moto itself answers for the table and the queues, and not what is quicker.
    """
    before = dict(os.environ)
    os.environ.update(here.environment)
    quick = nullcontext() if on_moto else serving(QuickAws(MemoryTable(here.template)))
    try:
        with mock_aws():
            _create(here)
            with quick:
                yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _create(here: Site) -> None:
    template, clients = here.template, _clients()
    queues = dict(template.resources("AWS::SQS::Queue"))
    for name in sorted(queues, key=lambda name: "RedrivePolicy" in queues[name]):
        clients["sqs"].create_queue(QueueName=name, Attributes=_queue_attributes(queues[name]))
    for name, properties in template.resources("AWS::DynamoDB::Table"):
        clients["dynamodb"].create_table(TableName=name, **_table_definition(properties))
    for name, _ in template.resources("AWS::S3::Bucket"):
        location = {"LocationConstraint": REGION}
        clients["s3"].create_bucket(Bucket=name, CreateBucketConfiguration=location)
    values = {"webhook-secret": here.webhook_secret, "openai-api-key": API_KEY}
    for name, value in values.items():
        clients["secretsmanager"].create_secret(Name=f"{STACK}/{name}", SecretString=value)


@cache
def _clients() -> dict[str, Any]:
    session = boto3.Session(region_name=REGION)
    return {name: session.client(name) for name in ("sqs", "dynamodb", "s3", "secretsmanager")}


def _queue_attributes(properties: dict[str, Any]) -> dict[str, str]:
    wanted = ("VisibilityTimeout", "MessageRetentionPeriod", "RedrivePolicy")
    given = {name: properties[name] for name in wanted if name in properties}
    return {
        name: json.dumps(value) if isinstance(value, dict) else str(value) for name, value in given.items()
    }


def _table_definition(properties: dict[str, Any]) -> dict[str, Any]:
    wanted = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
    return {name: properties[name] for name in wanted}

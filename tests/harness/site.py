"""What is set up once in a process: the simulator, the door for its webhooks, and the four functions."""

import atexit
import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from functools import cache
from typing import Any
from unittest.mock import patch

import boto3
import httpx2
from moto.core.base_backend import BackendDict
from moto.core.model_instances import reset_model_data
from moto.core.models import botocore_stubber
from moto.s3.models import s3_backends
from moto.secretsmanager.models import secretsmanager_backends
from moto.sqs.models import sqs_backends

from simulator.app import create_app
from simulator.serving import served
from simulator.webhooks.signing import new_secret
from tests.harness import transports  # noqa: F401 - before any client is made
from tests.harness.functions import LOGICAL_IDS, Function
from tests.harness.memory_table import MemoryTable
from tests.harness.quick_aws import QuickAws, serving
from tests.harness.simulation import Simulation
from tests.harness.template import ACCOUNT, REGION, STACK, Template
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
        with _moto():
            _create(here.template, here.webhook_secret)
            if on_moto:
                _create_table(here.template)
            with quick:
                yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def _moto() -> Iterator[None]:
    """Have moto answer botocore, empty.

    It is `mock_aws` without what that does for the library `requests`, which nothing of ours uses: a thousand
    patterns, each time.
    """
    botocore_stubber.enabled = True
    BackendDict.reset()
    try:
        with patch("boto3.DEFAULT_SESSION", None):
            yield
    finally:
        botocore_stubber.enabled = False
        BackendDict.reset()
        reset_model_data()


def _create(template: Template, webhook_secret: str) -> None:
    """Put queues, buckets and secrets where moto keeps them; asking it to would take ten times as long."""
    queues = dict(template.resources("AWS::SQS::Queue"))
    for name in sorted(queues, key=lambda name: "RedrivePolicy" in queues[name]):
        sqs_backends[ACCOUNT][REGION].create_queue(name, **_queue_attributes(queues[name]))
    for name, _ in template.resources("AWS::S3::Bucket"):
        s3_backends[ACCOUNT]["aws"].create_bucket(name, REGION)
    for name, value in {"webhook-secret": webhook_secret, "openai-api-key": API_KEY}.items():
        secretsmanager_backends[ACCOUNT][REGION].create_secret(
            f"{STACK}/{name}", value, None, None, [], None, None, [], force_overwrite=False
        )


def _create_table(template: Template) -> None:
    for name, properties in template.resources("AWS::DynamoDB::Table"):
        _dynamodb().create_table(TableName=name, **_table_definition(properties))


@cache
def _dynamodb() -> Any:
    return boto3.Session(region_name=REGION).client("dynamodb")


def _queue_attributes(properties: dict[str, Any]) -> dict[str, str]:
    wanted = ("VisibilityTimeout", "MessageRetentionPeriod", "RedrivePolicy")
    given = {name: properties[name] for name in wanted if name in properties}
    return {
        name: json.dumps(value) if isinstance(value, dict) else str(value) for name, value in given.items()
    }


def _table_definition(properties: dict[str, Any]) -> dict[str, Any]:
    wanted = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
    return {name: properties[name] for name in wanted}

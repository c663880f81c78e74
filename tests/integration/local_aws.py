"""What a function finds in AWS: moto, set up from the template, and faults where its clients send."""

import importlib.util
import io
import json
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from functools import cache, partial
from types import ModuleType, SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from contracts.aws_json import AwsJson
from moto import mock_aws
from moto.core.models import botocore_stubber

from tests.harness.own_client import led_to
from tests.harness.template import REGION, STACK, Template, physical_name, queue_url

TEMPLATE = Template({})
WEBHOOK_SECRET_NAME = f"{STACK}/webhook-secret"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_REGION": REGION,
}
CONTEXT = SimpleNamespace(get_remaining_time_in_millis=lambda: 10_000)

type Fault = Exception | Callable[[AWSPreparedRequest], AWSResponse | None]


def lost(status: int, body: bytes, **headers: str) -> Fault:
    """Let a request through, and put another answer in the place of its own."""

    def answer(request: AWSPreparedRequest) -> AWSResponse:
        return AWSResponse(request.url, status, headers, _Raw(body))

    return answer


class _Raw(io.BytesIO):
    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield self.read()


@dataclass
class Deployed:
    """One cold instance of a function, and the clients in its hands.

    Attributes:
        requests: The AWS operations it asked for, each attempt, in order.
        faults: What happens to an operation instead, while it stands here. An exception is raised before
            the request is sent; a `lost` answer comes after moto has applied the request.
    """

    app: ModuleType
    requests: list[str] = field(default_factory=list)
    faults: dict[str, Fault] = field(default_factory=dict)
    output: io.StringIO = field(default_factory=io.StringIO)

    def watch(self, *clients: Any) -> None:
        """Stand between the function and AWS."""
        for client in clients:
            if isinstance(client, AwsJson):
                client.connections.post = partial(led_to, self._send_or_ask_moto, client.connections)
            else:
                client.meta.events.register_first("before-send", self._send)

    @property
    def log_lines(self) -> list[dict[str, Any]]:
        """What it printed: log lines, and metrics in between."""
        return [json.loads(line) for line in self.output.getvalue().splitlines()]

    def __call__(self, event: Mapping[str, Any], context: Any = CONTEXT) -> dict[str, Any]:
        """Invoke it as Lambda does, which writes the answer as JSON."""
        with self._printing():
            return json.loads(json.dumps(self.app.handler(event, context)))

    @contextmanager
    def _printing(self) -> Iterator[None]:
        handlers = [each for each in self.app.logger.handlers if isinstance(each, logging.StreamHandler)]
        before = [handler.stream for handler in handlers]
        for handler in handlers:
            handler.stream = self.output
        try:
            with redirect_stdout(self.output):
                yield
        finally:
            for handler, stream in zip(handlers, before, strict=True):
                handler.stream = stream

    def _send_or_ask_moto(self, event_name: str, request: AWSPreparedRequest) -> AWSResponse | None:
        answers = [self._send(request, event_name), botocore_stubber(event_name, request)]
        return next((answer for answer in answers if answer is not None), None)

    def _send(self, request: AWSPreparedRequest, event_name: str, **_: Any) -> AWSResponse | None:
        operation = event_name.rpartition(".")[2]
        self.requests.append(operation)
        match self.faults.get(operation):
            case None:
                return None
            case Exception() as error:
                raise error
            case answer:
                return answer(request)


@contextmanager
def credentials(**environment: str) -> Iterator[None]:
    """Set what a function needs to make a client."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        for name, value in {**CREDENTIALS, **environment}.items():
            monkeypatch.setenv(name, value)
        yield


def start(logical_id: str, **environment: str) -> Deployed:
    """Start a cold instance of a function with the environment that the template gives it.

    Its own clients of AWS are led to moto, as botocore's are by moto itself.
    """
    module = TEMPLATE.properties(logical_id)["Handler"].rpartition(".")[0]
    specification = importlib.util.find_spec(module)
    assert specification is not None
    assert specification.loader is not None
    app = importlib.util.module_from_spec(specification)
    with credentials(**TEMPLATE.environment(logical_id) | environment):
        specification.loader.exec_module(app)
    deployed = Deployed(app)
    deployed.watch(*(each for each in vars(app).values() if isinstance(each, AwsJson)))
    return deployed


@contextmanager
def aws() -> Iterator[SimpleNamespace]:
    """Create the template's table, bucket, queues and secrets, empty, and forget them after the block."""
    with mock_aws(), credentials():
        clients = _clients()
        clients.s3.create_bucket(
            Bucket=physical_name("PayloadBucket"), CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        table = TEMPLATE.properties("RunTable")
        definition = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
        clients.dynamodb.create_table(
            TableName=physical_name("RunTable"), **{name: table[name] for name in definition}
        )
        for name in ("RunQueue", "ToolQueue"):
            clients.sqs.create_queue(QueueName=physical_name(name))
        yield clients


@cache
def _clients() -> SimpleNamespace:
    session = boto3.Session("testing", "testing", region_name=REGION)
    services = ("dynamodb", "s3", "sqs", "secretsmanager")
    return SimpleNamespace(**{service: session.client(service) for service in services})


def queued(clients: SimpleNamespace, logical_id: str = "RunQueue") -> list[str]:
    """Take every message body off a queue."""
    bodies: list[str] = []
    while messages := clients.sqs.receive_message(QueueUrl=queue_url(logical_id), MaxNumberOfMessages=10).get(
        "Messages"
    ):
        bodies += [message["Body"] for message in messages]
    return bodies

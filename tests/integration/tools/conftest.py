import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from aws_lambda_powertools import Logger
from contracts.items import call_key, from_item, to_item
from contracts.messages import CallMessage
from contracts.payloads import PayloadBucket, Stored
from contracts.queue import Queue
from contracts.records import Call

from functions.tools.call_ledger import CallLedger
from functions.tools.lambda_functions import LambdaFunctions
from functions.tools.runner import Runner
from functions.tools.tool import Tool
from tests.harness.template import physical_name, queue_url
from tests.integration import local_aws

MESSAGE = CallMessage("run_1", 1, "call_1")
PATIENCE = timedelta(hours=24)

type RunnerOf = Callable[..., Runner]


@pytest.fixture
def aws(socket_disabled) -> Iterator[SimpleNamespace]:
    with local_aws.aws() as clients:
        yield clients


@pytest.fixture
def ledger(aws: SimpleNamespace) -> CallLedger:
    return CallLedger(aws.dynamodb, physical_name("RunTable"))


@pytest.fixture
def record(aws: SimpleNamespace) -> Callable[..., Call]:
    """Write a call down."""

    def record(**facts: Any) -> Call:
        call = Call(
            **{
                "run_id": MESSAGE.run_id,
                "turn": MESSAGE.turn,
                "call_id": MESSAGE.call_id,
                "name": "get_order",
                "arguments": Stored("inline:{}"),
                "effect": "once",
                "outcome": "pending",
                "created_at": datetime(2026, 11, 21, 9, 30, tzinfo=UTC),
                **facts,
            }
        )
        aws.dynamodb.put_item(TableName=physical_name("RunTable"), Item=to_item(call))
        return call

    return record


@pytest.fixture
def recorded(aws: SimpleNamespace) -> Callable[[], Call]:
    """Read the call as it is recorded now."""

    def recorded() -> Call:
        key = call_key(MESSAGE.run_id, MESSAGE.turn, MESSAGE.call_id)
        item = aws.dynamodb.get_item(TableName=physical_name("RunTable"), Key=key)["Item"]
        return from_item(Call, item)

    return recorded


@pytest.fixture
def log() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def runner_of(aws: SimpleNamespace, ledger: CallLedger, log: io.StringIO) -> RunnerOf:
    """Make a runner of some tools."""

    def runner_of(*tools: Tool, lambda_functions: LambdaFunctions | None = None) -> Runner:
        return Runner(
            tools={each.name: each for each in tools},
            ledger=ledger,
            payloads=PayloadBucket(lambda: aws.s3, physical_name("PayloadBucket")),
            run_queue=Queue(aws.sqs, queue_url("RunQueue")),
            lambda_functions=lambda_functions or LambdaFunctions("runrelay-tool-"),
            patience=PATIENCE,
            logger=Logger(service=f"tools-{uuid4()}", stream=log, level="INFO"),
        )

    return runner_of


@pytest.fixture
def counted(capsys) -> Iterator[Callable[[], list[str]]]:
    """Name what was counted, each by its metric."""

    def counted() -> list[str]:
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        return [name for line in lines for name in line if name.startswith(("Call", "ToolModule"))]

    with pytest.MonkeyPatch.context() as patched:  # which no test undoes
        patched.setenv("POWERTOOLS_METRICS_NAMESPACE", "Runrelay")
        patched.setenv("STACK_NAME", "runrelay")
        yield counted


@pytest.fixture
def told(aws: SimpleNamespace) -> Callable[[], list[str]]:
    """Take what the worker was told, each by its reason."""
    return lambda: [json.loads(body)["reason"] for body in local_aws.queued(aws)]

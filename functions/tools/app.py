"""ToolFunction: runs the user's tools, one call a message. It has no OpenAI key."""

import os
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from typing import Any
from uuid import uuid4

import boto3
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config
from contracts.batch import Batch
from contracts.catalog import load_catalog
from contracts.error_facts import facts_of
from contracts.messages import CallMessage, Message, UnknownMessageError
from contracts.payloads import PayloadBucket
from contracts.queue import Queue
from contracts.signals import stack_logger, stack_metrics

from functions.tools import secret
from functions.tools.call_ledger import CallLedger
from functions.tools.lambda_functions import LambdaFunctions
from functions.tools.loading import load_tools
from functions.tools.runner import Runner
from functions.tools.secret_store import SecretStore

SECONDS_FOR_ONE_MESSAGE = 10
"""The least that a call may have left; a batch holds one message."""

MAX_RECEIVES = int(os.environ["MAX_RECEIVES"])

logger = stack_logger()
metrics = stack_metrics()

_config = Config(connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 2})
"""Two attempts of 3 s and at most 1 s between them: a call that hangs fits into the least time there is."""
_sqs = boto3.client("sqs", config=_config)
secret.read_from(SecretStore(cache(lambda: boto3.client("secretsmanager", config=_config))))
_loaded = load_tools(os.environ["TOOLS_PACKAGE"])
for broken in _loaded.broken:
    logger.error("tool module broken", extra={"tool_module": broken.name, **facts_of(broken.error)})
    metrics.add_metric("ToolModuleBroken", MetricUnit.Count, 1)  # published with the first batch
_runner = Runner(
    tools=_loaded.tools,
    out_of_order=_loaded.out_of_order(load_catalog()),
    ledger=CallLedger(boto3.client("dynamodb", config=_config), os.environ["TABLE_NAME"]),
    payloads=PayloadBucket(
        cache(lambda: boto3.client("s3", config=_config)), os.environ["PAYLOAD_BUCKET_NAME"]
    ),
    run_queue=Queue(_sqs, os.environ["RUN_QUEUE_URL"]),
    lambda_functions=LambdaFunctions(os.environ["TOOL_FUNCTION_PREFIX"]),
    patience=timedelta(seconds=int(os.environ["DECISION_SECONDS"])),
    logger=logger,
)
_batch = Batch(_sqs, os.environ["TOOL_QUEUE_URL"], logger, metrics, seconds_for_one=SECONDS_FOR_ONE_MESSAGE)


def handler(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Handle an SQS batch of the tool queue; answers with the records that must come back."""

    def run(message: Message, receive_count: int) -> None:
        if not isinstance(message, CallMessage):
            raise UnknownMessageError(f"{type(message).__name__} on the tool queue")
        secret.read_ahead()
        seconds_left = context.get_remaining_time_in_millis() / 1000
        is_last = receive_count >= MAX_RECEIVES
        _runner.run(message, owner=f"tools-{uuid4()}", seconds_left=seconds_left, is_last=is_last)

    return _batch.process(event, context, run)

"""SweeperFunction: the net under the net. It has overdue runs looked at, and never looks itself."""

import os
from typing import Any

import boto3
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config
from contracts import instant
from contracts.error_facts import facts_of
from contracts.errors import QueueUnavailableError
from contracts.measures import count_seconds
from contracts.messages import RunMessage
from contracts.oldest import oldest_open_run, started_at
from contracts.queue import Queue
from contracts.signals import stack_logger, stack_metrics

from functions.sweeper.overdue import overdue_runs

MILLISECONDS_TO_STOP = 5_000

logger = stack_logger()
metrics = stack_metrics()

_config = Config(connect_timeout=1, read_timeout=1, retries={"mode": "standard", "total_max_attempts": 2})
"""Two attempts of 2 s and at most 1 s between them: a call that hangs fits into the time to stop."""
_dynamodb = boto3.client("dynamodb", config=_config)
_run_queue = Queue(boto3.client("sqs", config=_config), os.environ["RUN_QUEUE_URL"])


def handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Queue a check for every overdue run, for as long as there is time; the next sweep goes on."""
    swept = 0
    for run_id in overdue_runs(_dynamodb, os.environ["TABLE_NAME"], instant.now()):
        if context.get_remaining_time_in_millis() < MILLISECONDS_TO_STOP:
            break
        _send_check(run_id)
        swept += 1
    logger.info("runs swept", extra={"runs": swept})
    metrics.add_metric("RunSwept", MetricUnit.Count, swept)
    metrics.flush_metrics()
    now = instant.now()
    oldest = oldest_open_run(_dynamodb, os.environ["TABLE_NAME"])
    count_seconds("OldestOpenRun", started_at(oldest) if oldest else now, now)
    return {"runs": swept}


def _send_check(run_id: str) -> None:
    try:
        _run_queue.send(RunMessage(run_id, "check"))
    except QueueUnavailableError as error:
        logger.error("run not swept", extra={"run_id": run_id, **facts_of(error)})
        raise
    logger.info("run swept", extra={"run_id": run_id})

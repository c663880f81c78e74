"""SweeperFunction: the net under the net. It has overdue runs looked at, and never looks itself."""

import os
from collections.abc import Sequence
from itertools import batched, islice
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
from contracts.queue import MOST_IN_BATCH, PartlySentError, Queue
from contracts.signals import stack_logger, stack_metrics

from functions.sweeper.overdue import overdue_runs

MILLISECONDS_TO_STOP = 5_000

MANY_WAITING = 1_000
"""With so many messages waiting the queue is behind, and the runs that are overdue wait on it already."""

MOST_BEHIND = 100
"""So many checks a sweep sends all the same: the runs overdue for longest may have lost theirs."""

logger = stack_logger()
metrics = stack_metrics()

_config = Config(connect_timeout=1, read_timeout=1, retries={"mode": "standard", "total_max_attempts": 2})
"""Two attempts of 2 s and at most 1 s between them: a call that hangs fits into the time to stop."""
_dynamodb = boto3.client("dynamodb", config=_config)
_run_queue = Queue(boto3.client("sqs", config=_config), os.environ["RUN_QUEUE_URL"])


def handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Queue a check for every overdue run, for as long as there is time; the next sweep goes on.

    Raises:
        QueueUnavailableError: Some are not queued; where SQS took a part of a request, the sweep went on.
    """
    overdue = overdue_runs(_dynamodb, os.environ["TABLE_NAME"], instant.now())
    if _is_queue_behind():
        overdue = islice(overdue, MOST_BEHIND)
    swept, partly = 0, None
    for run_ids in batched(overdue, MOST_IN_BATCH, strict=False):
        if context.get_remaining_time_in_millis() < MILLISECONDS_TO_STOP:
            break
        try:
            _send_checks(run_ids)
        except PartlySentError as error:
            partly = error
        else:
            swept += len(run_ids)
    logger.info("runs swept", extra={"runs": swept})
    metrics.add_metric("RunSwept", MetricUnit.Count, swept)
    metrics.flush_metrics()
    now = instant.now()
    oldest = oldest_open_run(_dynamodb, os.environ["TABLE_NAME"])
    count_seconds("OldestOpenRun", started_at(oldest) if oldest else now, now)
    if partly is not None:
        raise partly
    return {"runs": swept}


def _is_queue_behind() -> bool:
    """Say whether runs that are overdue wait for their turn on the queue, and have not lost their checks."""
    try:
        return _run_queue.waiting() >= MANY_WAITING
    except QueueUnavailableError as error:
        logger.warning("queue not measured", extra=facts_of(error))
        return False


def _send_checks(run_ids: Sequence[str]) -> None:
    try:
        _run_queue.send_all([RunMessage(run_id, "check") for run_id in run_ids])
    except QueueUnavailableError as error:
        for run_id in run_ids:
            logger.error("run not swept", extra={"run_id": run_id, **facts_of(error)})
        raise
    for run_id in run_ids:
        logger.info("run swept", extra={"run_id": run_id})

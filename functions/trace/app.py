"""TraceFunction: listens to the ends of runs, and sends a trace of each. Nothing that it does harms a run."""

import os
from collections.abc import Mapping
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config

from functions.trace.export import Exporter, NotTakenError
from functions.trace.headers import Headers
from functions.trace.run_reader import RunReader
from functions.trace.spans import spans_of

logger = Logger()
metrics = Metrics()

_config = Config(connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 2})
_reader = RunReader(boto3.client("dynamodb", config=_config), os.environ["TABLE_NAME"])
_exporter = Exporter(
    os.environ["OTLP_ENDPOINT"],
    Headers(boto3.client("secretsmanager", config=_config), os.environ["OTLP_HEADERS_SECRET_NAME"]),
    service_name=os.environ["STACK_NAME"],
)


def handler(event: Mapping[str, Any], _context: LambdaContext) -> None:
    """Send the trace of the run whose end an event tells of; the same one again makes the same trace.

    Raises:
        NotTakenError: It could not be sent now: Lambda tries twice more.
    """
    run_id = event["detail"]["run_id"]
    logger.append_keys(run_id=run_id)
    try:
        _send(run_id)
    except NotTakenError as error:
        logger.error("trace not sent", extra={"status": error.status, "may_pass": error.may_pass})
        metrics.add_metric("TraceNotSent", MetricUnit.Count, 1)
        if error.may_pass:
            raise
    finally:
        if metrics.metric_set:
            metrics.flush_metrics()


def _send(run_id: str) -> None:
    traced = _reader.run(run_id)
    spans = spans_of(traced) if traced else ()
    if not spans:
        logger.info("no trace made")
        return
    _exporter.send(spans)
    logger.info("trace sent", extra={"trace_id": spans[0].context.trace_id, "spans": len(spans)})
    metrics.add_metric("TraceSent", MetricUnit.Count, 1)

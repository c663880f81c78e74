"""WebhookFunction: `POST /webhooks/openai`.

It starts with nearly every burst of webhooks, so it imports no `openai`, no `pydantic` and no HTTP resolver;
nor botocore, where its environment is one that `contracts.aws_json` knows.
"""

import json
import os
from contextlib import suppress
from datetime import timedelta
from http import HTTPStatus
from importlib import import_module
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from contracts import aws_json, instant
from contracts.error_facts import facts_of
from contracts.errors import QueueUnavailableError
from contracts.queue import Queue
from contracts.signals import stack_logger, stack_metrics

from functions.webhook.intake import METHOD, Intake
from functions.webhook.rejection import RejectedWebhookError
from functions.webhook.signing_secrets import SecretsUnavailableError, SigningSecrets

RETRY_AFTER_SECONDS = 30

logger = stack_logger()
metrics = stack_metrics()

# At most two attempts of 1 s to connect and 1 s to read: a failing AWS is a 503 well within 5 s.
SECONDS_TO_CONNECT = SECONDS_TO_READ = 1
ATTEMPTS = 2


def _clients() -> tuple[Any, Any]:
    """Make the clients of Secrets Manager and SQS: botocore's where only it knows the way."""
    if not aws_json.knows(os.environ):
        clients: tuple[Any, Any] = import_module("functions.webhook.botocore_clients").clients(
            SECONDS_TO_CONNECT, SECONDS_TO_READ, ATTEMPTS
        )
        return clients
    secrets_manager, sqs = (
        aws_json.AwsJson(
            service,
            os.environ,
            connect_timeout=SECONDS_TO_CONNECT,
            read_timeout=SECONDS_TO_READ,
            attempts=ATTEMPTS,
        )
        for service in ("secretsmanager", "sqs")
    )
    return secrets_manager, sqs


_secrets_manager, _sqs = _clients()
_intake = Intake(
    secrets=SigningSecrets(_secrets_manager, os.environ["WEBHOOK_SECRET_NAME"], logger),
    queue=Queue(_sqs, os.environ["RUN_QUEUE_URL"]),
    tolerance=timedelta(seconds=int(os.environ["WEBHOOK_TOLERANCE_SECONDS"])),
    now=instant.now,
)


def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Answer 202 once SQS has the webhook; 4xx if it is not OpenAI's; 503 if it could not be kept.

    A metric that cannot be published changes nothing about that.
    """
    try:
        return _answer(event)
    finally:
        with suppress(Exception):
            metrics.flush_metrics()
        metrics.clear_metrics()


def _answer(event: dict[str, Any]) -> dict[str, Any]:
    try:
        message = _intake.accept(event)
    except RejectedWebhookError as error:
        logger.warning("webhook rejected", extra={"status": error.status, "reason": error.detail})
        metrics.add_metric("WebhookRejected", MetricUnit.Count, 1)
        metrics.add_dimensions(service=str(metrics.service), reason=error.reason)
        answer = problem(error.status, error.detail)
        if error.status == HTTPStatus.METHOD_NOT_ALLOWED:
            answer["headers"]["allow"] = METHOD
        return answer
    except (QueueUnavailableError, SecretsUnavailableError) as error:
        logger.error("webhook not kept", extra=facts_of(error))
        metrics.add_metric("WebhookNotKept", MetricUnit.Count, 1)
        answer = problem(HTTPStatus.SERVICE_UNAVAILABLE, "the webhook could not be kept; send it again")
        answer["headers"]["retry-after"] = str(RETRY_AFTER_SECONDS)
        return answer
    logger.info(
        "webhook queued", extra={"webhook_id": message.webhook_id, "event_type": message.event["type"]}
    )
    metrics.add_metric("WebhookQueued", MetricUnit.Count, 1)
    return {"statusCode": HTTPStatus.ACCEPTED, "headers": {}}


def problem(status: HTTPStatus, detail: str) -> dict[str, Any]:
    """Answer with a problem document (RFC 9457)."""
    document = {"type": "about:blank", "title": status.phrase, "status": status, "detail": detail}
    return {
        "statusCode": status,
        "headers": {"content-type": "application/problem+json"},
        "body": json.dumps(document),
    }

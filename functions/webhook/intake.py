"""From an HTTP request to a message: verify a webhook, queue it, and only then say so."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from contracts.messages import WebhookMessage
from contracts.outside_json import UnreadableJsonError, read_json
from contracts.queue import Queue

from functions.webhook.rejection import RejectedWebhookError
from functions.webhook.signing_secrets import SigningSecrets
from functions.webhook.verification import Stamp, check_age, is_signed, stamp_from

METHOD = "POST"

MAX_BODY_BYTES = 256 * 1024
"""OpenAI's webhooks are thin; escaped to ASCII this many bytes still fit into one SQS message of 1 MiB."""


@dataclass(frozen=True, slots=True)
class Intake:
    """Takes webhooks in."""

    secrets: SigningSecrets
    queue: Queue
    tolerance: timedelta
    now: Callable[[], datetime]

    def accept(self, request: Mapping[str, Any]) -> WebhookMessage:
        """Verify a webhook over its raw bytes and put it on the run queue.

        Args:
            request: An API Gateway proxy event, payload format 2.0.

        Raises:
            RejectedWebhookError: It is no post, malformed, not authentic or too large.
            SecretsUnavailableError: Nothing can be verified now.
            QueueUnavailableError: The queue did not accept it.
        """
        check_method(request)
        body = raw_body(request)
        stamp = stamp_from(request.get("headers") or {})
        check_age(stamp, now=self.now(), tolerance=self.tolerance)
        self._check_signature(stamp, body)
        message = WebhookMessage(stamp.webhook_id, envelope(body))
        self.queue.send(message)
        return message

    def _check_signature(self, stamp: Stamp, body: str) -> None:
        if is_signed(stamp, body, self.secrets.keys()):
            return
        if self.secrets.read_again() and is_signed(stamp, body, self.secrets.keys()):
            return  # rotated
        raise RejectedWebhookError(HTTPStatus.UNAUTHORIZED, "no signature matches")


def check_method(request: Mapping[str, Any]) -> None:
    """Let only posts in; the route takes any method, for API Gateway itself would say 404.

    Raises:
        RejectedWebhookError: 405.
    """
    method = request.get("requestContext", {}).get("http", {}).get("method", METHOD)
    if method != METHOD:
        raise RejectedWebhookError(HTTPStatus.METHOD_NOT_ALLOWED, "webhooks are posted")


def raw_body(request: Mapping[str, Any]) -> str:
    """Give the body exactly as it was sent; the signature is over its UTF-8 bytes.

    Raises:
        RejectedWebhookError: 413 for a body over `MAX_BODY_BYTES`, 400 for one that is not UTF-8.
    """
    body = request.get("body") or ""
    try:
        raw = base64.b64decode(body, validate=True) if request.get("isBase64Encoded") else body.encode()
        if len(raw) > MAX_BODY_BYTES:
            raise RejectedWebhookError(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body is over {MAX_BODY_BYTES:,} bytes"
            )
        return raw.decode()
    except ValueError as error:  # bad base64, or bytes or characters that are no UTF-8
        raise RejectedWebhookError(HTTPStatus.BAD_REQUEST, "the body is not UTF-8") from error


def envelope(body: str) -> Mapping[str, Any]:
    """Read OpenAI's event: a JSON object with a `type`; everything else about it is open.

    Raises:
        RejectedWebhookError: 400.
    """
    try:
        event = read_json(body)
    except UnreadableJsonError as error:
        raise RejectedWebhookError(HTTPStatus.BAD_REQUEST, f"the body {error}") from error
    if not isinstance(event, dict) or not isinstance(event.get("type"), str):
        raise RejectedWebhookError(HTTPStatus.BAD_REQUEST, "the body is not an event with a type")
    return event

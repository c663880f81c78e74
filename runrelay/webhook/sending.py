"""Signs an event as OpenAI would, and posts it to a stack: for trying things."""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Mapping
from typing import Any, Final

from runrelay.command_line import CommandError
from runrelay.reach import Reach

SECRET: Final = "WebhookSecretName"  # noqa: S105 - the output that names it
URL: Final = "WebhookUrl"
PREFIX: Final = "whsec_"
TIMEOUT_SECONDS: Final = 30


def event_of(event_type: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """Make an event: its data names something and says nothing about it."""
    return {
        "object": "event",
        "id": f"evt_{secrets.token_hex(16)}",
        "type": event_type,
        "created_at": int(time.time()),
        "data": dict(data),
    }


def signing_secret(there: Reach, name: str) -> str:
    """Read the newest signing secret of a stack.

    Raises:
        CommandError: It has none yet.
    """
    client = there.client("secretsmanager")
    try:
        held = (client.get_secret_value(SecretId=name).get("SecretString") or "").split()
    except client.exceptions.ResourceNotFoundException:
        held = []
    if not held:
        raise CommandError(f"{name} holds no signing secret yet: runrelay webhook register")
    return str(held[0])


def signed(body: bytes, webhook_id: str, secret: str, *, at: int) -> dict[str, str]:
    """Make the headers of a webhook (Standard Webhooks).

    Raises:
        CommandError: The secret is none.
    """
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise CommandError("The signing secret that the stack holds cannot be read.") from None
    signature = hmac.digest(key, f"{webhook_id}.{at}.".encode() + body, hashlib.sha256)
    return {
        "content-type": "application/json",
        "webhook-id": webhook_id,
        "webhook-timestamp": str(at),
        "webhook-signature": f"v1,{base64.b64encode(signature).decode()}",
    }


def new_webhook_id() -> str:
    return f"wh_{secrets.token_hex(16)}"


def post(url: str, event: Mapping[str, Any], secret: str, *, webhook_id: str, is_here: bool) -> int:
    """Post an event, and give the HTTP status that it got.

    Raises:
        CommandError: There was no answer.
    """
    import httpx2  # noqa: PLC0415 - who posts nothing loads none

    body = json.dumps(event).encode()
    headers = signed(body, webhook_id, secret, at=int(time.time()))
    try:
        answer = httpx2.post(
            url, content=body, headers=headers, timeout=TIMEOUT_SECONDS, trust_env=not is_here
        )
    except httpx2.HTTPError as error:
        raise CommandError(f"{url} cannot be reached: {type(error).__name__}") from error
    return answer.status_code


def is_taken(status: int | None) -> bool:
    """Say whether a webhook got a 2xx."""
    return status is not None and 200 <= status < 300  # noqa: PLR2004 - any 2xx

"""Signing by the Standard Webhooks scheme, rightly and, when told to, wrongly."""

import base64
import binascii
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime

from standardwebhooks import Webhook

SECRET_PREFIX = "whsec_"  # noqa: S105 - how every secret begins, not a secret


def new_secret() -> str:
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def is_secret(text: str) -> bool:
    try:
        key = base64.b64decode(text.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error:
        return False
    return text.startswith(SECRET_PREFIX) and bool(key)


def signed_headers(
    body: bytes,
    webhook_id: str,
    signing_secrets: Sequence[str],
    *,
    is_bad: bool = False,
    is_double: bool = False,
) -> dict[str, str]:
    """Make the headers of one attempt, stamped now.

    Args:
        body: The exact bytes that are sent.
        webhook_id: The same on every attempt and every copy.
        signing_secrets: One signature each, as during a rotation.
        is_bad: Sign with secrets that nobody has.
        is_double: Put a signature by an unknown secret before the others.
    """
    now = datetime.now(UTC)
    used = [new_secret() for _ in signing_secrets] if is_bad else list(signing_secrets)
    if is_double:
        used.insert(0, new_secret())
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(Webhook(each).sign(webhook_id, now, body.decode()) for each in used),
    }

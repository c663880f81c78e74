"""Whether a webhook is OpenAI's: the Standard Webhooks signature over the raw bytes.

The `standardwebhooks` library makes the signature. Comparing is done here, because the library's `verify`
has a fixed tolerance and lets TypeError, UnicodeDecodeError and binascii.Error through, which would be a 5xx.
"""

import base64
import binascii
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

from standardwebhooks import Webhook

from functions.webhook.rejection import RejectedWebhookError

VERSION = "v1,"

MIN_KEY_BYTES = 24
"""The least that the Standard Webhooks specification allows."""

MAX_SIGNATURES = 10
"""More than a rotation ever needs, and a bound on what a forger makes us compare."""

_WEBHOOK_ID = re.compile(r"[A-Za-z0-9_.:-]{1,256}", re.ASCII)
_TIMESTAMP = re.compile(r"[1-9][0-9]{0,10}", re.ASCII)
_SIGNATURE = re.compile(r"(?:[a-z0-9]{1,8},)?[A-Za-z0-9+/]{1,128}={0,2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Stamp:
    """The three headers that authenticate a webhook, well formed.

    Attributes:
        signatures: `v1,` and base64 each. As in the OpenAI SDK, the version may be missing.
    """

    webhook_id: str
    sent_at: datetime
    signatures: tuple[str, ...]


def stamp_from(headers: Mapping[str, str]) -> Stamp:
    """Read the headers of a webhook; their names are in lower case, as an HTTP API gives them.

    An HTTP API joins a doubled header with a comma, which none of them may hold at that place.

    Raises:
        RejectedWebhookError: 400; one is missing, doubled or malformed.
    """
    webhook_id = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    signatures = tuple(headers.get("webhook-signature", "").split())
    if not _WEBHOOK_ID.fullmatch(webhook_id):
        raise RejectedWebhookError(HTTPStatus.BAD_REQUEST, "webhook-id is missing or malformed")
    if not _TIMESTAMP.fullmatch(timestamp):
        raise RejectedWebhookError(HTTPStatus.BAD_REQUEST, "webhook-timestamp is missing or malformed")
    if not 1 <= len(signatures) <= MAX_SIGNATURES or not all(map(_SIGNATURE.fullmatch, signatures)):
        raise RejectedWebhookError(HTTPStatus.BAD_REQUEST, "webhook-signature is missing or malformed")
    return Stamp(webhook_id, datetime.fromtimestamp(int(timestamp), UTC), signatures)


def check_age(stamp: Stamp, *, now: datetime, tolerance: timedelta) -> None:
    """Refuse a webhook that is stale or from the future; exactly the tolerance still passes.

    Raises:
        RejectedWebhookError: 401.
    """
    if abs(now.replace(microsecond=0) - stamp.sent_at) > tolerance:
        detail = "webhook-timestamp is out of tolerance"
        raise RejectedWebhookError(HTTPStatus.UNAUTHORIZED, detail, reason="stale")


def is_signed(stamp: Stamp, body: str, keys: Sequence[Webhook]) -> bool:
    """Say whether any signature of a webhook was made with any of the keys."""
    expected = [key.sign(stamp.webhook_id, stamp.sent_at, body).removeprefix(VERSION) for key in keys]
    given = [signature.removeprefix(VERSION) for signature in stamp.signatures]
    # A list, so that the time taken does not tell which of them matched.
    return any([hmac.compare_digest(ours, theirs) for ours in expected for theirs in given])  # noqa: C419


def keys_from(secrets: str) -> tuple[tuple[Webhook, ...], int]:
    """Read signing secrets, separated by white space, and count those that cannot be a key.

    A key is `whsec_` and at least `MIN_KEY_BYTES` bytes in base64. An unusable secret is passed over, so that
    a typing error beside a good secret does not close the door.
    """
    keys = [_key_from(secret) for secret in secrets.split()]
    usable = tuple(key for key in keys if key)
    return usable, len(keys) - len(usable)


def _key_from(secret: str) -> Webhook | None:
    prefix, _, encoded = secret.partition("whsec_")
    try:
        key = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return None
    return Webhook(key) if not prefix and len(key) >= MIN_KEY_BYTES else None

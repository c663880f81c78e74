"""Webhooks as OpenAI sends them and API Gateway hands them over, with signatures of the tests' own making."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from typing import Any

KEY = b"a signing key of thirty-two byte"
SECRET = f"whsec_{base64.b64encode(KEY).decode()}"
OTHER_SECRET = f"whsec_{base64.b64encode(b'a different key of the same size').decode()}"
NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
BODY = b'{"object":"event","id":"evt_1","type":"response.completed","data":{"id":"resp_1"}}'


def a_webhook(
    body: bytes = BODY,
    *,
    secret: str = SECRET,
    sent_at: datetime = NOW,
    webhook_id: str = "wh_1",
    is_base64_encoded: bool = False,
    **headers: str | None,
) -> dict[str, Any]:
    """Make the event of a genuine webhook; `webhook_signature="..."` and the like then spoil it."""
    timestamp = str(int(sent_at.timestamp()))
    genuine = {
        "content-type": "application/json",
        "user-agent": "OpenAI/1.0 (+https://platform.openai.com/docs/webhooks)",
        "webhook-id": webhook_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": signature(body, secret=secret, webhook_id=webhook_id, timestamp=timestamp),
    }
    spoilt = {name.replace("_", "-"): value for name, value in headers.items()}
    return {
        "version": "2.0",
        "routeKey": "ANY /webhooks/openai",
        "rawPath": "/webhooks/openai",
        "rawQueryString": "",
        "headers": {name: value for name, value in (genuine | spoilt).items() if value is not None},
        "requestContext": {"http": {"method": "POST", "path": "/webhooks/openai"}},
        "body": base64.b64encode(body).decode() if is_base64_encoded else body.decode(),
        "isBase64Encoded": is_base64_encoded,
    }


def signature(
    body: bytes = BODY, *, secret: str = SECRET, webhook_id: str = "wh_1", timestamp: str | None = None
) -> str:
    """Sign as Standard Webhooks says: base64(HMAC-SHA256(key, id.timestamp.body))."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    sent_at = timestamp or str(int(NOW.timestamp()))
    signed = b".".join([webhook_id.encode(), sent_at.encode(), body])
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def spoil(text: str) -> str:
    """Change the first character after the version."""
    version, _, rest = text.partition(",")
    return f"{version},{'B' if rest[0] == 'A' else 'A'}{rest[1:]}"

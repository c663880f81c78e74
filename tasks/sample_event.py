"""Sample events, `events/<function>/<name>.json`, and how they are made ready to be handled now."""

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from standardwebhooks import Webhook

# The folder of an event names the function that gets it.
FUNCTIONS: Final = {
    "webhook": "WebhookFunction",
    "worker": "WorkerFunction",
    "sweeper": "SweeperFunction",
    "tools": "ToolFunction",
    "api": "ApiFunction",
    "endpoint": "EndpointFunction",
}


def read(path: Path, webhook_secret: str) -> dict[str, Any]:
    """Read a sample event; a webhook that has no signature yet is signed as OpenAI would sign it now."""
    event: dict[str, Any] = json.loads(path.read_text())
    if path.parent.name == "webhook" and "webhook-signature" not in event["headers"]:
        event["headers"] |= _signature(event, webhook_secret)
    return event


def _signature(event: dict[str, Any], secret: str) -> dict[str, str]:
    body = base64.b64decode(event["body"]).decode() if event.get("isBase64Encoded") else event["body"]
    now = datetime.now(UTC)
    signature = Webhook(secret).sign(event["headers"]["webhook-id"], now, body)
    return {"webhook-timestamp": str(int(now.timestamp())), "webhook-signature": signature}

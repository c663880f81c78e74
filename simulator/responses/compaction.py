"""Compaction: a history made short, which still knows how long it was."""

import base64
import json
import time
from collections.abc import Sequence

from simulator.responses.object import usage
from simulator.wire.bodies import JsonObject
from simulator.wire.identifiers import new_id

# What OpenAI's own encrypted contents begin with.
ENCRYPTED = "gAAAAAB"


def compacted(context: Sequence[JsonObject], turns: int) -> JsonObject:
    """Make the `CompactedResponse` object: all that users said, then one item that stands for the rest."""
    item = {
        "id": new_id("cmp"),
        "type": "compaction",
        "encrypted_content": ENCRYPTED + base64.urlsafe_b64encode(json.dumps(turns).encode()).decode(),
    }
    users = [item for item in context if item["type"] == "message" and item.get("role") == "user"]
    return {
        "id": new_id("resp"),
        "object": "response.compaction",
        "created_at": int(time.time()),
        "output": [*users, item],
        "usage": usage(context, [item]),
    }


def turns_compacted(item: JsonObject) -> int:
    """Read how many turns a compaction item stands for; any other item stands for none."""
    content = str(item.get("encrypted_content"))
    if item["type"] != "compaction" or not content.startswith(ENCRYPTED):
        return 0
    try:
        return int(json.loads(base64.urlsafe_b64decode(content.removeprefix(ENCRYPTED))))
    except (ValueError, TypeError):
        return 0

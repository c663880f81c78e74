"""The record of everything that crossed the wire: requests received, webhooks sent."""

import json
import time
from dataclasses import asdict, dataclass, field
from typing import Literal

from simulator.wire.bodies import JsonObject


@dataclass(kw_only=True)
class Entry:
    """One request or one attempt at a webhook.

    It is written when the exchange begins and completed when it ends: the order is that of beginning.

    Attributes:
        at: Unix seconds.
        path: The path of a request; the whole URL of a webhook.
        status: None while there is no answer, and for ever if there never was one.
        attempt: Counted from 1.
        fault: The name of the fault that struck.
    """

    at: float = field(default_factory=time.time)
    kind: Literal["request", "webhook"]
    method: str
    path: str
    request: object
    attempt: int = 1
    webhook_id: str | None = None
    status: int | None = None
    response: object = None
    fault: str | None = None

    def as_json(self) -> JsonObject:
        optional = ("webhook_id", "fault")
        return {key: value for key, value in asdict(self).items() if key not in optional or value is not None}


def json_or_none(raw: bytes) -> object:
    """Read a body as the journal keeps it: one that is no JSON is None."""
    try:
        return json.loads(raw)
    except ValueError:
        return None


class Journal:
    def __init__(self) -> None:
        self._entries: list[Entry] = []

    def add(self, entry: Entry) -> Entry:
        """Write an entry; its status and response may be filled in later."""
        self._entries.append(entry)
        return entry

    def select(self, *, kind: str | None = None, path: str = "", since: float = 0.0) -> list[Entry]:
        return [
            entry
            for entry in self._entries
            if kind in (None, entry.kind) and path in entry.path and entry.at >= since
        ]

    def clear(self) -> None:
        self._entries.clear()

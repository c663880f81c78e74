"""The gate in front of a provider: closed for all while it is busy, so that each run need not find out.

A record says until when. It is written by whoever hears `429` or `5xx`. A worker that has heard of trouble
reads it before each request; one that has not finds out by one request of its own, and costs nothing until
then. Runs that wait are spread over some time after the gate opens.
"""

import time
from dataclasses import dataclass, field
from datetime import timedelta
from math import inf
from typing import TYPE_CHECKING
from zlib import crc32

from contracts import instant

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MAX_CLOSED_SECONDS = 300
"""A provider that asks for more is asked again by then; a mistaken Retry-After must not stop everything."""

TROUBLE_SECONDS = MAX_CLOSED_SECONDS
"""How long after the last trouble a worker reads the gate each time: as long as it may be closed."""

MISSED_THAT_CLOSE = 3
"""So many answers in a row that did not come are an outage, and not a lost packet."""

MISSED_SECONDS = 30

MAX_SPREAD_SECONDS = 20

closes_later = "attribute_not_exists(closed_until) OR closed_until < :until"


@dataclass(frozen=True, slots=True)
class Gates:
    """The gates of all providers, by their names.

    Attributes:
        _trouble_at: When this worker last heard of trouble, in monotonic seconds.
        _missed: How many answers in a row did not come to this worker.
        _why: What a gate was closed for, as far as this worker has heard.
    """

    dynamodb: "DynamoDBClient"
    table_name: str
    _trouble_at: dict[str, float] = field(default_factory=dict)
    _missed: dict[str, int] = field(default_factory=dict)
    _why: dict[str, str] = field(default_factory=dict)

    def seconds_closed(self, name: str, run_id: str) -> int:
        """Say how long a run has to wait; 0 if it may pass."""
        if time.monotonic() - self._trouble_at.get(name, -inf) >= TROUBLE_SECONDS:
            return 0
        answer = self.dynamodb.get_item(TableName=self.table_name, Key=_key(name), ConsistentRead=True)
        if not (item := answer.get("Item")):
            return 0
        left = (instant.from_text(item["closed_until"]["S"]) - instant.now()).total_seconds()
        if left <= 0:
            return 0
        self._hear_of_trouble(name)
        self._why[name] = item["why"]["S"] if "why" in item else ""
        spread = min(MAX_SPREAD_SECONDS, 1 + int(left))
        return int(left) + 1 + crc32(run_id.encode()) % spread

    def why(self, name: str) -> str:
        """Say what a gate was closed for."""
        return self._why.get(name, "")

    def close(self, name: str, seconds: int, why: str) -> None:
        """Close a gate for at least so long; one that is closed for longer stays so."""
        self._hear_of_trouble(name)
        until = instant.now() + timedelta(seconds=min(seconds, MAX_CLOSED_SECONDS))
        expires_at = int(until.timestamp()) + 3600
        try:
            self.dynamodb.update_item(
                TableName=self.table_name,
                Key=_key(name),
                UpdateExpression="SET closed_until = :until, why = :why, expires_at = :expires_at",
                ConditionExpression=closes_later,
                ExpressionAttributeValues={
                    ":until": {"S": instant.to_text(until)},
                    ":why": {"S": why},
                    ":expires_at": {"N": str(expires_at)},
                },
            )
        except self.dynamodb.exceptions.ConditionalCheckFailedException:
            return

    def hear(self, name: str) -> None:
        """Note that a provider has answered."""
        self._missed.pop(name, None)

    def miss(self, name: str) -> None:
        """Note that a provider's answer did not come; several in a row close the gate."""
        self._missed[name] = missed = self._missed.get(name, 0) + 1
        if missed >= MISSED_THAT_CLOSE:
            self.close(name, MISSED_SECONDS, "its answers do not come")

    def _hear_of_trouble(self, name: str) -> None:
        self._trouble_at[name] = time.monotonic()


def _key(name: str) -> dict[str, dict[str, str]]:
    return {"pk": {"S": f"gate#{name}"}, "sk": {"S": "gate"}}

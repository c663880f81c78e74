"""How old the oldest open run is."""

from datetime import UTC, datetime
from itertools import product
from typing import TYPE_CHECKING

from contracts.items import standing
from contracts.status import KINDS, STATUSES, is_terminal

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_DIGITS = str.maketrans("ABCDEFGHJKMNPQRSTVWXYZ", "abcdefghijklmnopqrstuv")
"""Crockford's digits in base 32, in which a ULID is written, as those that Python reads."""


def oldest_open_since(dynamodb: "DynamoDBClient", table_name: str) -> datetime | None:
    """Say when the oldest open run was started; `None` if none is open.

    Its id begins with that, and orders the runs of a kind and status in their index: one of each is read.
    """
    oldest = [
        item["run_id"]["S"]
        for kind, status in product(KINDS, STATUSES)
        if not is_terminal(status)
        for item in dynamodb.query(
            TableName=table_name,
            IndexName="StandingIndex",
            KeyConditionExpression="standing = :standing",
            ExpressionAttributeValues={":standing": {"S": standing(kind, status)}},
            Limit=1,
        )["Items"]
    ]
    return _started_at(min(oldest)) if oldest else None


def _started_at(run_id: str) -> datetime:
    """Read the moment that a run's id, `run_` and a ULID, begins with."""
    milliseconds = int(run_id.removeprefix("run_")[:10].translate(_DIGITS), 32)
    return datetime.fromtimestamp(milliseconds / 1000, UTC)

"""The oldest open run."""

from datetime import UTC, datetime
from itertools import product
from typing import TYPE_CHECKING

from contracts.items import standing
from contracts.status import KINDS, STATUSES, is_terminal

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_DIGITS = str.maketrans("ABCDEFGHJKMNPQRSTVWXYZ", "abcdefghijklmnopqrstuv")
"""Crockford's digits in base 32, in which a ULID is written, as those that Python reads."""


def oldest_open_run(dynamodb: "DynamoDBClient", table_name: str) -> str | None:
    """Give the id of the open run that was started first; `None` if none is open.

    An id begins with that moment, and orders the runs of a kind and status in their index: one of each is
    read.
    """
    run_ids = [
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
    return min(run_ids, default=None)


def started_at(run_id: str) -> datetime:
    """Read the moment that a run's id, `run_` and a ULID, begins with."""
    milliseconds = int(run_id.removeprefix("run_")[:10].translate(_DIGITS), 32)
    return datetime.fromtimestamp(milliseconds / 1000, UTC)

"""How old the oldest open run is."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from contracts.records import SWEEP_PARTITIONS

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_DIGITS = str.maketrans("ABCDEFGHJKMNPQRSTVWXYZ", "abcdefghijklmnopqrstuv")
"""Crockford's digits in base 32, in which a ULID is written, as those that Python reads."""


def oldest_open_since(dynamodb: "DynamoDBClient", table_name: str) -> datetime | None:
    """Say when the oldest open run was started; `None` if none is open.

    Its id begins with that. The sweep index holds open runs alone, and of each hardly more than the id: a
    unit of reading shows about sixty of them.
    """
    oldest: list[str] = []
    for partition in SWEEP_PARTITIONS:
        pages = dynamodb.get_paginator("query").paginate(
            TableName=table_name,
            IndexName="SweepIndex",
            KeyConditionExpression="sweep = :partition",
            ExpressionAttributeValues={":partition": {"S": partition}},
        )
        run_ids = (item["pk"]["S"] for page in pages for item in page["Items"])
        oldest.extend([run_id for run_id in [min(run_ids, default=None)] if run_id])
    return _started_at(min(oldest)) if oldest else None


def _started_at(run_id: str) -> datetime:
    """Read the moment that a run's id, `run_` and a ULID, begins with."""
    milliseconds = int(run_id.removeprefix("run_")[:10].translate(_DIGITS), 32)
    return datetime.fromtimestamp(milliseconds / 1000, UTC)

"""Open runs whose check is overdue, from the sweep index; never a scan."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from contracts import instant
from contracts.records import SWEEP_PARTITIONS

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

GRACE = timedelta(seconds=15)
"""How late a check may be before it counts as lost."""


def overdue_runs(dynamodb: "DynamoDBClient", table_name: str, now: datetime) -> Iterator[str]:
    """Give the ids of the runs that were due a while ago, in each partition those waiting longest first."""
    for partition in SWEEP_PARTITIONS:
        pages = dynamodb.get_paginator("query").paginate(
            TableName=table_name,
            IndexName="SweepIndex",
            KeyConditionExpression="sweep = :partition AND due_at < :late",
            ExpressionAttributeValues={
                ":partition": {"S": partition},
                ":late": {"S": instant.to_text(now - GRACE)},
            },
        )
        for page in pages:
            yield from (item["pk"]["S"] for item in page["Items"])

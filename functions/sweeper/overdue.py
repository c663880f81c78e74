"""Open runs whose check is overdue, from the sweep index; never a scan."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from heapq import merge
from typing import TYPE_CHECKING

from contracts import instant
from contracts.records import SWEEP_PARTITIONS

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

GRACE = timedelta(seconds=15)
"""How late a check may be before it counts as lost."""


def overdue_runs(dynamodb: "DynamoDBClient", table_name: str, now: datetime) -> Iterator[str]:
    """Give the ids of the runs that were due a while ago, those waiting longest first."""
    late = instant.to_text(now - GRACE)
    partitions = [_overdue_in(dynamodb, table_name, each, late) for each in SWEEP_PARTITIONS]
    return (run_id for _, run_id in merge(*partitions))


def _overdue_in(
    dynamodb: "DynamoDBClient", table_name: str, partition: str, late: str
) -> Iterator[tuple[str, str]]:
    """Give a partition's runs with the moments at which they were due, page by page as they are taken."""
    pages = dynamodb.get_paginator("query").paginate(
        TableName=table_name,
        IndexName="SweepIndex",
        KeyConditionExpression="sweep = :partition AND due_at < :late",
        ExpressionAttributeValues={":partition": {"S": partition}, ":late": {"S": late}},
    )
    for page in pages:
        yield from ((item["due_at"]["S"], item["pk"]["S"]) for item in page["Items"])

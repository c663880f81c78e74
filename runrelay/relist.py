"""List again, by kind and status, the runs that a release wrote which knows no such lists."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from contracts.items import Unreadable, attributes, read, run_key, standing_of
from contracts.records import Run

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MOST_AT_ONCE = 100
"""Items that DynamoDB gives in one batch."""

is_as_read = "version = :version_read"


def relist(dynamodb: "DynamoDBClient", table_name: str) -> Iterator[bool]:
    """Go through all runs, newest first, and say of each whether it stood elsewhere."""
    pages = dynamodb.get_paginator("query").paginate(
        TableName=table_name,
        IndexName="ListIndex",
        KeyConditionExpression="listing = :run",
        ExpressionAttributeValues={":run": {"S": "run"}},
        ScanIndexForward=False,
        PaginationConfig={"PageSize": MOST_AT_ONCE},
    )
    for page in pages:
        for item in _items(dynamodb, table_name, [each["pk"]["S"] for each in page["Items"]]):
            yield _relist(dynamodb, table_name, item)


def _items(dynamodb: "DynamoDBClient", table_name: str, run_ids: list[str]) -> Iterator[Mapping[str, Any]]:
    wanted: Any = {table_name: {"Keys": [run_key(run_id) for run_id in run_ids], "ConsistentRead": True}}
    while run_ids and wanted:
        answer = dynamodb.batch_get_item(RequestItems=wanted)
        yield from answer["Responses"].get(table_name, [])
        wanted = answer.get("UnprocessedKeys")


def _relist(dynamodb: "DynamoDBClient", table_name: str, item: Mapping[str, Any]) -> bool:
    """Write where a run stands, unless its item says so, or cannot be read."""
    found = read(Run, item)
    if isinstance(found, Unreadable) or found.deletion_requested_at is not None:
        return False
    right = attributes(standing_of(found))
    if all(item.get(name) == value for name, value in right.items()):
        return False
    try:
        dynamodb.update_item(
            TableName=table_name,
            Key=run_key(found.run_id),
            UpdateExpression="SET " + ", ".join(f"{name} = :{name}" for name in right),
            ConditionExpression=is_as_read,
            ExpressionAttributeValues={
                **{f":{name}": value for name, value in right.items()},
                ":version_read": item["version"],
            },
        )
    except dynamodb.exceptions.ConditionalCheckFailedException:
        return False  # it moved meanwhile, and whoever moves a run lists it
    return True

"""What a run that is to be deleted still has in the table, taken away item by item.

Whatever is done here may be done again. The run's own item goes last: it says that there is more to do.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from contracts.items import Item, attributes, key_of, request_key, run_key, to_item
from contracts.records import DeletedRequest, DeletedRun, Run
from contracts.retention import Retention

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEYED = "idempotency#"
"""Begins the partition of a request that had a key of the client's."""

is_left_to_do = "attribute_exists(sweep)"
is_to_be_deleted = "attribute_exists(deletion_requested_at)"


class Remains:
    """Takes items of runs away, and leaves a tombstone."""

    def __init__(self, dynamodb: "DynamoDBClient", table_name: str, retention: Retention) -> None:
        self._dynamodb = dynamodb
        self._table_name = table_name
        self._retention = retention

    def of(self, run_id: str) -> Iterator[tuple[Item, str | None]]:
        """Give the keys of a run's items but its own, each with the provider's id that it has, if any."""
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=self._table_name,
            KeyConditionExpression="pk = :pk",
            ProjectionExpression="pk, sk, provider_id",
            ExpressionAttributeValues={":pk": {"S": run_id}},
            ConsistentRead=True,
        )
        own = run_key(run_id)
        for item in (item for page in pages for item in page["Items"]):
            key = {name: {"S": item[name]["S"]} for name in own}
            if key != own:
                yield key, item["provider_id"]["S"] if "provider_id" in item else None

    def take_away(self, key: Item) -> None:
        """Take one item away; once more is harmless."""
        self._dynamodb.delete_item(TableName=self._table_name, Key=key)

    def bury_request(self, run: Run, now: datetime) -> None:
        """Take a request away; of one with a key it is kept that the key was used."""
        if not run.request_key.startswith(KEYED):
            self.take_away(request_key(run.request_key))
            return
        left = DeletedRequest(run.request_key, run.run_id, deleted_at=now)
        item = to_item(left) | self._retention.expiry_of_tombstone(now)
        self._dynamodb.put_item(TableName=self._table_name, Item=item)

    def bury(self, left: DeletedRun) -> bool:
        """Put a tombstone where a run stood; says whether it was this worker that did."""
        item = to_item(left) | self._retention.expiry_of_tombstone(left.deleted_at)
        return self._is_done(
            self._dynamodb.put_item,
            Item=item,
            TableName=self._table_name,
            ConditionExpression=is_to_be_deleted,
        )

    def put_off(self, run: Run | DeletedRun, due_at: datetime) -> None:
        """Write when the deletion goes on, if it is not over."""
        self._is_done(
            self._dynamodb.update_item,
            TableName=self._table_name,
            Key=key_of(run),
            UpdateExpression="SET due_at = :due_at",
            ConditionExpression=is_left_to_do,
            ExpressionAttributeValues=attributes({":due_at": due_at}),
        )

    def close(self, left: DeletedRun) -> None:
        """Write that nothing of a run comes any more."""
        self._is_done(
            self._dynamodb.update_item,
            TableName=self._table_name,
            Key=key_of(left),
            UpdateExpression="REMOVE sweep, due_at",
            ConditionExpression=is_left_to_do,
        )

    def _is_done(self, write: Any, **request: Any) -> bool:  # noqa: ANN401 - an operation of the client's
        """Write on a condition; says whether it held."""
        try:
            write(**request)
        except self._dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True

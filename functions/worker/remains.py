"""What a run that is to be deleted still has in the table, taken away item by item.

Whatever is done here may be done again. The run's own item goes last: it says that there is more to do.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from contracts.items import Item, attributes, key_of, request_key, run_key, to_item
from contracts.payloads import Stored
from contracts.records import DeletedRequest, DeletedRun, Run, is_keyed
from contracts.retention import retention_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

is_left_to_do = "attribute_exists(sweep) AND attribute_exists(deleted_at)"
is_to_be_deleted = "attribute_exists(deletion_requested_at)"
is_its_own = "run_id = :run_id"


def is_alias(key: Item) -> bool:
    """Say whether an item names something at the provider beside the run's turns."""
    return key["sk"]["S"].startswith("alias#")


class Remains:
    """Takes items of runs away, and leaves a tombstone."""

    def __init__(self, dynamodb: "DynamoDBClient", table_name: str) -> None:
        self._dynamodb = dynamodb
        self._table_name = table_name

    def of(self, run_id: str) -> Iterator[tuple[Item, str | None]]:
        """Give the keys of a run's items but its own, each with the id to delete at the provider, if any."""
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=self._table_name,
            KeyConditionExpression="pk = :pk",
            ProjectionExpression="pk, sk, provider_id, #names",
            ExpressionAttributeNames={"#names": "names"},
            ExpressionAttributeValues={":pk": {"S": run_id}},
            ConsistentRead=True,
        )
        own = run_key(run_id)
        for item in (item for page in pages for item in page["Items"]):
            key = {name: {"S": item[name]["S"]} for name in own}
            if key != own:
                is_deleted_by_it = "provider_id" in item and "names" not in item
                yield key, item["provider_id"]["S"] if is_deleted_by_it else None

    def take_away(self, key: Item) -> None:
        """Take one item away; once more is harmless."""
        self._dynamodb.delete_item(TableName=self._table_name, Key=key)

    def request_of(self, run: Run) -> Stored | None:
        """Say where the text is that a run with a key was started with; any other is among the run's own."""
        if not is_keyed(run.request_key):
            return None
        key = request_key(run.request_key)
        answer = self._dynamodb.get_item(TableName=self._table_name, Key=key, ConsistentRead=True)
        item = answer.get("Item", {})
        is_own = item.get("run_id") == {"S": run.run_id} and "request" in item
        return Stored(item["request"]["S"]) if is_own else None

    def bury_request(self, run: Run, now: datetime) -> None:
        """Take a request away; of one with a key it is kept that the key was used.

        A key whose run has expired may have started another by now: that one's request stays.
        """
        if not is_keyed(run.request_key):
            self.take_away(request_key(run.request_key))
            return
        left = DeletedRequest(run.request_key, run.run_id, deleted_at=now)
        self._is_done(
            self._dynamodb.put_item,
            TableName=self._table_name,
            Item=to_item(left) | retention_of(run).expiry_of_tombstone(now),
            ConditionExpression=is_its_own,
            ExpressionAttributeValues=attributes({":run_id": run.run_id}),
        )

    def bury(self, run: Run, left: DeletedRun) -> bool:
        """Put a tombstone where a run stood; says whether it was this worker that did."""
        item = to_item(left) | retention_of(run).expiry_of_tombstone(left.deleted_at)
        return self._is_done(
            self._dynamodb.put_item,
            Item=item,
            TableName=self._table_name,
            ConditionExpression=is_to_be_deleted,
        )

    def put_off(self, run: Run | DeletedRun, due_at: datetime) -> None:
        """Write when the deletion goes on, if it is no further than this worker has read."""
        self._is_done(
            self._dynamodb.update_item,
            TableName=self._table_name,
            Key=key_of(run),
            UpdateExpression="SET due_at = :due_at",
            ConditionExpression=is_to_be_deleted if isinstance(run, Run) else is_left_to_do,
            ExpressionAttributeValues=attributes({":due_at": due_at}),
        )

    def keep_ids(self, run_id: str) -> None:
        """Have what names something at the provider not expire before that is deleted."""
        for key, provider_id in self.of(run_id):
            if provider_id is not None:
                self._is_done(
                    self._dynamodb.update_item,
                    TableName=self._table_name,
                    Key=key,
                    UpdateExpression="REMOVE expires_at",
                    ConditionExpression="attribute_exists(expires_at)",
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

"""The run table as the API uses it: it creates runs and reads them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from runrelay.items import from_item, run_key, to_item
from runrelay.records import Run, RunRequest

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LISTING = {"listing": {"S": "run"}}
"""The partition of the list index that holds every run."""

MAX_BATCH = 100
"""The most items that one BatchGetItem takes."""

is_new = "attribute_not_exists(pk)"


class RunStore:
    """Creates runs, and reads all there is about them."""

    def __init__(self, dynamodb: "DynamoDBClient", table_name: str) -> None:
        self._dynamodb = dynamodb
        self._table_name = table_name

    def create_request(self, request: RunRequest) -> RunRequest:
        """Write a request down, or give the one that stands under its key already."""
        existing = self._put_new(to_item(request))
        return from_item(RunRequest, existing) if existing else request

    def create_run(self, run: Run) -> Run:
        """Write a run down, or give the one that has its id already."""
        existing = self._put_new(to_item(run) | LISTING)
        return from_item(Run, existing) if existing else run

    def _put_new(self, item: dict[str, Any]) -> Mapping[str, Any] | None:
        try:
            self._dynamodb.put_item(
                TableName=self._table_name,
                Item=item,
                ConditionExpression=is_new,
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException as error:
            existing: Mapping[str, Any] = error.response["Item"]  # type: ignore[typeddict-item]
            return existing
        return None

    def records(self, run_id: str) -> Sequence[Mapping[str, Any]]:
        """Read every item of a run's partition, in the order of their sort keys; none if there is no run."""
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=self._table_name,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": run_id}},
            ConsistentRead=True,
        )
        return [item for page in pages for item in page["Items"]]

    def newest(self, *, before: str | None, enough: int) -> Iterator[Run]:
        """Read runs, newest first, page by page for as long as somebody asks.

        Args:
            before: The run id to begin after.
            enough: How many runs will do if none is passed over; they come in one page.
        """
        start: dict[str, Any] = {}
        if before:
            start = {"ExclusiveStartKey": run_key(before) | LISTING | {"run_id": {"S": before}}}
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=self._table_name,
            IndexName="ListIndex",
            KeyConditionExpression="listing = :listing",
            ExpressionAttributeValues={":listing": LISTING["listing"]},
            ScanIndexForward=False,
            PaginationConfig={"PageSize": min(enough, MAX_BATCH)},
            **start,
        )
        for page in pages:
            items: Sequence[Mapping[str, Any]] = page["Items"]
            yield from self._whole([item["pk"]["S"] for item in items])

    def _whole(self, run_ids: Sequence[str]) -> Iterator[Run]:
        """Read runs by id, in the order asked."""
        wanted: Any = {self._table_name: {"Keys": [run_key(run_id) for run_id in run_ids]}}
        found: dict[str, Run] = {}
        while run_ids and wanted:
            answer = self._dynamodb.batch_get_item(RequestItems=wanted)
            runs = (from_item(Run, item) for item in answer["Responses"].get(self._table_name, []))
            found |= {run.run_id: run for run in runs}
            wanted = answer.get("UnprocessedKeys")
        return (found[run_id] for run_id in run_ids if run_id in found)

"""The run table as the API uses it: it creates runs, reads them, and writes answers to their calls."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from heapq import merge
from itertools import groupby
from typing import TYPE_CHECKING, Any

from contracts.items import (
    Item,
    Unreadable,
    asdict_shallow,
    attributes,
    from_item,
    key_of,
    read,
    run_key,
    to_item,
)
from contracts.records import Call, Run, RunRequest
from contracts.run_records import Listed, listed
from contracts.status import STATUSES, is_terminal

from functions.api.caller import Caller
from functions.api.listing import EVERY_RUN, Partition, subjects_runs

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

OPEN_STATUSES = attributes({f":{status}": status for status in STATUSES if not is_terminal(status)})

is_new = "attribute_not_exists(pk)"
is_open = "#status IN (:queued, :in_progress, :requires_action, :cancelling)"
is_not_to_be_cancelled = "attribute_not_exists(cancel_requested_at)"
is_between = "run_id BETWEEN :least AND :greatest"
is_as_read = "outcome = :outcome_read AND fence = :fence_read"


def _listing(partition: str) -> Item:
    return {"listing": {"S": partition}}


class RunStore:
    """Creates runs, reads all there is about them, and writes answers to their calls."""

    def __init__(self, dynamodb: "DynamoDBClient", table_name: str) -> None:
        self._dynamodb = dynamodb
        self._table_name = table_name

    def create_request(self, request: RunRequest, *, subject: str | None) -> RunRequest:
        """Write a request down, or give the one that stands under its key already.

        It is what lists a run among its subject's: it never changes, and the run's own item is among all.
        """
        existing = self._put_new(to_item(request) | (_listing(subjects_runs(subject)) if subject else {}))
        return from_item(RunRequest, existing) if existing else request

    def create_run(self, run: Run) -> Run:
        """Write a run down, or give the one that has its id already."""
        existing = self._put_new(to_item(run) | _listing(EVERY_RUN))
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

    def request(self, request_key: str) -> RunRequest | Unreadable | None:
        """Read what a run was started with, or as much of it as can be."""
        key = {"pk": {"S": request_key}, "sk": {"S": "request"}}
        answer = self._dynamodb.get_item(TableName=self._table_name, Key=key, ConsistentRead=True)
        return read(RunRequest, answer["Item"]) if "Item" in answer else None

    def run(self, run_id: str) -> Run | None:
        """Read a run; `None` if there is none."""
        answer = self._dynamodb.get_item(TableName=self._table_name, Key=run_key(run_id), ConsistentRead=True)
        return from_item(Run, answer["Item"]) if "Item" in answer else None

    def request_cancel(self, run_id: str, now: datetime, by: Caller | None) -> Run | None:
        """Write down that a run is to be cancelled, unless it is over or was to be already; give it as it is.

        Its version counts up, so that a worker that has not seen the wish cannot end the run otherwise.
        """
        values = attributes({":now": now, ":one": 1, ":by": by})
        sets = "SET cancel_requested_at = :now" + (", cancel_requested_by = :by" if by else "")
        try:
            answer = self._dynamodb.update_item(
                TableName=self._table_name,
                Key=run_key(run_id),
                UpdateExpression=f"{sets} ADD version :one",
                ConditionExpression=f"{is_open} AND {is_not_to_be_cancelled}",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues=values | OPEN_STATUSES,
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException as error:
            standing = error.response.get("Item")
            return from_item(Run, standing) if standing else None  # type: ignore[arg-type]
        return from_item(Run, answer["Attributes"])

    def calls(self, run_id: str, call_id: str) -> Sequence[Call]:
        """Read the calls that have an id, turn by turn: a provider may use it again in another turn."""
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=self._table_name,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :calls)",
            FilterExpression="call_id = :call_id",
            ExpressionAttributeValues={
                ":pk": {"S": run_id},
                ":calls": {"S": "call#"},
                ":call_id": {"S": call_id},
            },
            ConsistentRead=True,
        )
        return [from_item(Call, item) for page in pages for item in page["Items"]]

    def change_call(self, read: Call, changed: Call) -> Call:
        """Write what is different about a call, or give it as somebody else has changed it since it was read.

        The outcome alone would not do: a call may await a decision, be approved, crash, and await another.
        The fence tells those two questions apart.
        """
        before, after = asdict_shallow(read), asdict_shallow(changed)
        different = [name for name in after if after[name] != before[name]]
        written = [name for name in different if after[name] is not None]
        removed = [name for name in different if after[name] is None]
        sets = "SET " + ", ".join(f"#{name} = :{name}" for name in written)
        removes = " REMOVE " + ", ".join(f"#{name}" for name in removed) if removed else ""
        try:
            self._dynamodb.update_item(
                TableName=self._table_name,
                Key=key_of(read),
                UpdateExpression=sets + removes,
                ConditionExpression=is_as_read,
                ExpressionAttributeNames={f"#{name}": name for name in different},
                ExpressionAttributeValues=attributes(
                    {
                        **{f":{name}": after[name] for name in written},
                        ":outcome_read": read.outcome,
                        ":fence_read": read.fence,
                    }
                ),
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException as error:
            return from_item(Call, error.response["Item"])  # type: ignore[typeddict-item]
        return changed

    def ids(self, partitions: Sequence[Partition], between: tuple[str, str], *, enough: int) -> Iterator[str]:
        """Read the ids of the runs that stand in partitions of indexes, newest first, for as long as asked.

        Args:
            between: The least id and the greatest.
            enough: How many will do; of several partitions each gives its share, and more if it is asked for.
        """
        share = enough // len(partitions) + 1
        found = merge(*(self._ids_in(each, between, share) for each in partitions), reverse=True)
        return (run_id for run_id, _ in groupby(found))  # one that moves meanwhile stands in two

    def _ids_in(self, partition: Partition, between: tuple[str, str], page_size: int) -> Iterator[str]:
        least, greatest = between
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=self._table_name,
            IndexName=partition.index,
            KeyConditionExpression=f"{partition.attribute} = :partition AND {is_between}",
            ExpressionAttributeValues=attributes(
                {":partition": partition.value, ":least": least, ":greatest": greatest}
            ),
            ScanIndexForward=False,
            PaginationConfig={"PageSize": page_size},
        )
        for page in pages:
            yield from (item["run_id"]["S"] for item in page["Items"])

    def whole(self, run_ids: Sequence[str]) -> Iterator[Listed]:
        """Read runs by id, in the order asked, without those that are gone."""
        wanted: Any = {self._table_name: {"Keys": [run_key(run_id) for run_id in run_ids]}}
        found: dict[str, Listed] = {}
        while run_ids and wanted:
            answer = self._dynamodb.batch_get_item(RequestItems=wanted)
            runs = (listed(item) for item in answer["Responses"].get(self._table_name, []))
            found |= {run.run_id: run for run in runs}
            wanted = answer.get("UnprocessedKeys")
        return (found[run_id] for run_id in run_ids if run_id in found)

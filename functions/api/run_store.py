"""The run table as the API uses it: it creates runs, reads them, and writes answers to their calls."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from heapq import merge
from itertools import groupby
from typing import TYPE_CHECKING, Any

from contracts.items import (
    RUN,
    Item,
    Unreadable,
    asdict_shallow,
    attributes,
    from_item,
    key_of,
    read,
    request_key,
    run_key,
    to_item,
)
from contracts.records import Call, Run, RunRequest, sweep_partition
from contracts.retention import FOR_EVER, Retention
from contracts.run_records import Listed, listed
from contracts.status import STATUSES, is_terminal

from functions.api.caller import Caller
from functions.api.deleted import RunDeletedError, is_deleted, read_request, read_run, refuse_deleted
from functions.api.listing import EVERY_RUN, Partition, subjects_runs

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

OPEN_STATUSES = attributes({f":{status}": status for status in STATUSES if not is_terminal(status)})
ENDINGS = attributes({f":{status}": status for status in STATUSES if is_terminal(status)})

is_new = "attribute_not_exists(pk)"
is_new_or_expired = f"{is_new} OR expires_at < :now"
"""DynamoDB takes away what has expired within some days."""

is_open = "#status IN (:queued, :in_progress, :requires_action, :cancelling)"
is_over = f"#status IN ({', '.join(ENDINGS)})"
is_not_to_be_cancelled = "attribute_not_exists(cancel_requested_at)"
is_between = "run_id BETWEEN :least AND :greatest"
is_not_to_be_deleted = "attribute_not_exists(deletion_requested_at)"
is_as_read = "outcome = :outcome_read AND fence = :fence_read"


def _listing(partition: str) -> Item:
    return {"listing": {"S": partition}}


class RunStore:
    """Creates runs, reads all there is about them, and writes answers to their calls.

    Whoever reads a run that is deleted, or is to be, gets a `RunDeletedError`.
    """

    def __init__(self, dynamodb: "DynamoDBClient", table_name: str, retention: Retention = FOR_EVER) -> None:
        self._dynamodb = dynamodb
        self._table_name = table_name
        self.retention = retention

    def create_request(
        self, request: RunRequest, *, subject: str | None, deadline_at: datetime, now: datetime
    ) -> RunRequest:
        """Write a request down, or give the one that stands under its key already.

        It is what lists a run among its subject's: it never changes, and the run's own item is among all.

        Args:
            deadline_at: Of its run.

        Raises:
            RunDeletedError: Its key started a run that was deleted.
        """
        listed_by = _listing(subjects_runs(subject)) if subject else {}
        item = to_item(request) | listed_by | self.retention.expiry(deadline_at)
        values = attributes({":now": int(now.timestamp())})
        existing = self._put_new(item, is_new_or_expired, ExpressionAttributeValues=values)
        return read_request(existing) if existing else request

    def forget_request(self, request: RunRequest) -> None:
        """Take away a request of which nothing came."""
        self._dynamodb.delete_item(TableName=self._table_name, Key=key_of(request))

    def create_run(self, run: Run) -> Run:
        """Write a run down, or give the one that has its id already."""
        existing = self._put_new(to_item(run) | _listing(EVERY_RUN), is_new)
        return read_run(existing) if existing else run

    def _put_new(self, item: dict[str, Any], condition: str, **values: Any) -> Mapping[str, Any] | None:  # noqa: ANN401
        try:
            self._dynamodb.put_item(
                TableName=self._table_name,
                Item=item,
                ConditionExpression=condition,
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **values,
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
        items = [item for page in pages for item in page["Items"]]
        own = [item for item in items if item["sk"]["S"] == RUN]
        if not own:
            return []  # what has expired goes in any order
        refuse_deleted(own[0])
        return items

    def request(self, key: str) -> RunRequest | Unreadable | None:
        """Read what a run was started with, or as much of it as can be."""
        answer = self._dynamodb.get_item(
            TableName=self._table_name, Key=request_key(key), ConsistentRead=True
        )
        return read(RunRequest, answer["Item"]) if "Item" in answer else None

    def run(self, run_id: str) -> Run | None:
        """Read a run; `None` if there is none."""
        answer = self._dynamodb.get_item(TableName=self._table_name, Key=run_key(run_id), ConsistentRead=True)
        return read_run(answer["Item"]) if "Item" in answer else None

    def request_cancel(self, run_id: str, now: datetime, by: Caller | None) -> Run | None:
        """Write down that a run is to be cancelled, unless it is over or was to be already; give it as it is.

        Its version counts up, so that a worker that has not seen the wish cannot end the run otherwise.
        """
        sets = "SET cancel_requested_at = :now" + (", cancel_requested_by = :by" if by else "")
        values = attributes({":now": now, ":by": by}) | OPEN_STATUSES
        run, _ = self._wish(run_id, sets, f"{is_open} AND {is_not_to_be_cancelled}", values)
        return run

    def request_deletion(self, run_id: str, now: datetime) -> Run | None:
        """Write down that a run is to be deleted, if it is over, and list it no more; give it as it is.

        It is put where the sweeper finds it, should nobody hear of it otherwise, and does not expire before.

        Raises:
            RunDeletedError: It was to be already.
        """
        update = (
            "SET deletion_requested_at = :now, due_at = :now, sweep = :sweep "
            "REMOVE listing, standing, subject_standing, expires_at"
        )
        values = attributes({":now": now, ":sweep": sweep_partition(run_id)}) | ENDINGS
        run, is_written = self._wish(run_id, update, f"{is_over} AND {is_not_to_be_deleted}", values)
        if run is not None and is_written and run.subject is not None:
            self._unlist_request(run)
        return run

    def _wish(self, run_id: str, update: str, condition: str, values: Item) -> tuple[Run | None, bool]:
        """Write a client's wish on a run, if it may be had; give the run as it is, and whether that was so.

        Raises:
            RunDeletedError: It is deleted, or is to be.
            UnreadableItemError: It cannot be read, and nothing is written on it.
        """
        if self.run(run_id) is None:
            return None, False
        try:
            answer = self._dynamodb.update_item(
                TableName=self._table_name,
                Key=run_key(run_id),
                UpdateExpression=f"{update} ADD version :one",
                ConditionExpression=condition,
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues=values | attributes({":one": 1}),
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException as error:
            standing = error.response.get("Item")
            return (read_run(standing) if standing else None), False  # type: ignore[arg-type]
        return from_item(Run, answer["Attributes"]), True

    def _unlist_request(self, run: Run) -> None:
        """Take a run out of its subject's list, where its request stands for it, unless that is another's."""
        with suppress(self._dynamodb.exceptions.ConditionalCheckFailedException):
            self._dynamodb.update_item(
                TableName=self._table_name,
                Key=request_key(run.request_key),
                UpdateExpression="REMOVE listing",
                ConditionExpression="run_id = :run_id",
                ExpressionAttributeValues=attributes({":run_id": run.run_id}),
            )

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

        Raises:
            RunDeletedError: It is gone, with its run.
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
            if (standing := error.response.get("Item")) is None:
                raise RunDeletedError(read.run_id) from error
            return from_item(Call, standing)  # type: ignore[arg-type]
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
            items = answer["Responses"].get(self._table_name, [])
            runs = (listed(item) for item in items if not is_deleted(item))
            found |= {run.run_id: run for run in runs}
            wanted = answer.get("UnprocessedKeys")
        return (found[run_id] for run_id in run_ids if run_id in found)

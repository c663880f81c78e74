"""The run table as the worker uses it: the only writer of a run once it exists."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from contracts import instant
from contracts.errors import StaleReadError
from contracts.items import (
    Item,
    attributes,
    call_key,
    calls_prefix,
    from_item,
    is_of_deleted,
    key_of,
    latest_call_key,
    request_key,
    run_attributes,
    run_key,
    to_item,
)
from contracts.records import (
    Alias,
    Call,
    DeletedRun,
    Event,
    LatestCall,
    Run,
    RunRequest,
    Turn,
    place_of,
    sweep_partition,
)
from contracts.retention import retention_of
from contracts.turns import turns_as_written

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

version_is_the_one_read = "version = :version_read"
is_new = "attribute_not_exists(pk)"
is_there = "attribute_exists(pk)"
call_is_as_read = "outcome = :outcome_read AND fence = :fence_read"

LOST_A_RACE = {"None", "ConditionalCheckFailed", "TransactionConflict"}
"""Why a transaction was cancelled, item by item, if the run is not as it was read, or is being written."""

MOST_IN_TRANSACTION = 100
MOST_BYTES_IN_TRANSACTION = 3_000_000
"""DynamoDB takes four megabytes in one, our run and its own words among them."""


class RunStore:
    """Reads the records of runs, and writes them conditionally."""

    def __init__(self, dynamodb: "DynamoDBClient", table_name: str) -> None:
        self._dynamodb = dynamodb
        self._table_name = table_name

    def run(self, run_id: str) -> Run | None:
        """Read a run as it is now; one that is deleted is none."""
        found = self.run_or_rest(run_id)
        return found if isinstance(found, Run) else None

    def run_or_rest(self, run_id: str) -> Run | DeletedRun | None:
        """Read a run as it is now, or what is left of it."""
        answer = self._dynamodb.get_item(TableName=self._table_name, Key=run_key(run_id), ConsistentRead=True)
        item = answer.get("Item")
        if item is None:
            return None
        return from_item(DeletedRun, item) if is_of_deleted(item) else from_item(Run, item)

    def run_id_of(self, provider_id: str) -> str | None:
        """Find the run that OpenAI's id belongs to; the index follows a write by a moment."""
        answer = self._dynamodb.query(
            TableName=self._table_name,
            IndexName="ProviderIndex",
            KeyConditionExpression="provider_id = :provider_id",
            ExpressionAttributeValues={":provider_id": {"S": provider_id}},
            Limit=1,
        )
        return next((item["pk"]["S"] for item in answer["Items"]), None)

    def request(self, run: Run) -> RunRequest:
        """Read what the client asked for."""
        key = request_key(run.request_key)
        answer = self._dynamodb.get_item(TableName=self._table_name, Key=key, ConsistentRead=True)
        return from_item(RunRequest, answer["Item"])

    def calls(self, run: Run) -> tuple[Call, ...]:
        """Read the calls of a run's current turn, in the order asked."""
        return self._calls(run.run_id, calls_prefix(run.turn))

    def call(self, run_id: str, turn: int, call_id: str) -> Call | None:
        """Read one call."""
        key = call_key(run_id, turn, call_id)
        answer = self._dynamodb.get_item(TableName=self._table_name, Key=key, ConsistentRead=True)
        return from_item(Call, answer["Item"]) if "Item" in answer else None

    def latest_call(self, run_id: str, fingerprint: str) -> LatestCall | None:
        """Read which call with certain arguments was the latest."""
        key = latest_call_key(run_id, fingerprint)
        answer = self._dynamodb.get_item(TableName=self._table_name, Key=key, ConsistentRead=True)
        return from_item(LatestCall, answer["Item"]) if "Item" in answer else None

    def all_calls(self, run_id: str) -> tuple[Call, ...]:
        """Read the calls of all turns of a run, turn by turn, in the order asked."""
        return self._calls(run_id, "call#")

    def _calls(self, run_id: str, prefix: str) -> tuple[Call, ...]:
        return tuple(sorted((from_item(Call, item) for item in self._query(run_id, prefix)), key=place_of))

    def provider_ids(self, run_id: str, turn: int) -> frozenset[str]:
        """Give the provider's ids under which a turn of a run has ended."""
        return frozenset(item["provider_id"]["S"] for item in self._query(run_id, f"turn#{turn:05}"))

    def past_turn(self, run_id: str, turn: int) -> Turn | None:
        """Read an earlier turn, which asked for calls."""
        records = [from_item(Turn, item) for item in self._query(run_id, f"turn#{turn:05}")]
        calls = self._calls(run_id, calls_prefix(turn)) if len(records) > 1 else ()
        return turns_as_written(records, calls).get(turn)

    def _query(self, run_id: str, prefix: str) -> Iterator[Mapping[str, Any]]:
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=self._table_name,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
            ExpressionAttributeValues={":pk": {"S": run_id}, ":prefix": {"S": prefix}},
            ConsistentRead=True,
        )
        return (item for page in pages for item in page["Items"])

    def advance(self, run: Run, calls: Sequence[Call | LatestCall] = (), /, **changes: Any) -> Run:  # noqa: ANN401 - any fields of a run
        """Write a run's next state, if nobody wrote since it was read.

        Args:
            calls: Written with it, or not at all; where they are too many for that, the run says so before.

        Raises:
            StaleReadError: Somebody did; or the run is over, and has no next state.
        """
        lots = _lots([self._item(run, call) for call in calls])
        if len(lots) > 1:
            run = self.advance(run, half_recorded=run.turn)
        changes = {"sweep": run.sweep or sweep_partition(run.run_id), **changes}
        advanced = replace(run, **changes, version=run.version + 1, updated_at=instant.now())
        update = self._update(run, advanced)
        try:
            if calls:
                self._write_calls(run, lots, update)
            else:
                self._dynamodb.update_item(**update)
        except self._dynamodb.exceptions.ConditionalCheckFailedException as error:
            response: Any = error.response  # the stubs do not know what was asked for
            standing = response.get("Item")
            if standing and from_item(Run, standing) == from_item(Run, to_item(advanced)):
                return advanced  # our own write, whose reply was lost
            raise StaleReadError(run.run_id) from error
        except self._dynamodb.exceptions.TransactionConflictException as error:
            raise StaleReadError(run.run_id) from error
        except self._dynamodb.exceptions.TransactionCanceledException as error:
            reasons = {reason.get("Code") for reason in error.response.get("CancellationReasons", [])}
            if reasons <= LOST_A_RACE:
                raise StaleReadError(run.run_id) from error
            raise
        return advanced

    def _update(self, run: Run, advanced: Run) -> Any:  # noqa: ANN401 - an update, in a transaction or by itself
        if run.is_over:
            raise StaleReadError(run.run_id)
        before, after = run_attributes(run), run_attributes(advanced)
        if advanced.is_over:
            after |= retention_of(run).expiry(run.deadline_at)
        written = {name: value for name, value in after.items() if before.get(name) != value}
        removed = [name for name in before if name not in after]
        assignments = ", ".join(f"#{name} = :{name}" for name in written)
        removals = f" REMOVE {', '.join(f'#{name}' for name in removed)}" if removed else ""
        return {
            "TableName": self._table_name,
            "Key": key_of(run),
            "UpdateExpression": f"SET {assignments}{removals}",
            "ConditionExpression": version_is_the_one_read,
            "ExpressionAttributeNames": {f"#{name}": name for name in (*written, *removed)},
            "ExpressionAttributeValues": {
                **{f":{name}": value for name, value in written.items()},
                ":version_read": before["version"],
            },
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }

    def _write_calls(self, run: Run, lots: Sequence[Sequence[Item]], update: Any) -> None:  # noqa: ANN401
        """Write calls in one transaction with their run; of more than it takes, the rest before it.

        All of them are written only while the run is as it was read.
        """
        *before, last = lots
        for lot in before:
            self._transact({"ConditionCheck": self._is_as_read(run)}, lot)
        self._transact({"Update": update}, last)

    def _transact(self, first: Any, items: Sequence[Item]) -> None:  # noqa: ANN401 - an action of a transaction
        puts: list[Any] = [{"Put": {"TableName": self._table_name, "Item": item}} for item in items]
        # Sent a second time by its client, it is not done a second time.
        self._dynamodb.transact_write_items(TransactItems=[first, *puts], ClientRequestToken=uuid4().hex)

    def _is_as_read(self, run: Run) -> Any:  # noqa: ANN401 - a condition in a transaction
        return {
            "TableName": self._table_name,
            "Key": key_of(run),
            "ConditionExpression": version_is_the_one_read,
            "ExpressionAttributeValues": {":version_read": {"N": str(run.version)}},
        }

    def leave_alone(self, run_id: str) -> None:
        """Take a run that cannot be read out of the sweep index; its next write puts it back.

        It would be swept for ever.
        """
        self._dynamodb.update_item(
            TableName=self._table_name,
            Key=run_key(run_id),
            UpdateExpression="REMOVE sweep",
            ConditionExpression=is_there,
        )

    def is_alias(self, run_id: str, provider_id: str) -> bool:
        """Say whether one of the provider's ids is on record as another one of a run's."""
        key = key_of(Alias(run_id, provider_id))
        answer = self._dynamodb.get_item(TableName=self._table_name, Key=key, ConsistentRead=True)
        return "Item" in answer

    def aliases(self, run_id: str) -> tuple[Alias, ...]:
        """Read the provider's other ids that belong to a run."""
        return tuple(from_item(Alias, item) for item in self._query(run_id, "alias#"))

    def note_stopped(self, run: Run, alias: Alias) -> None:
        """Write that what has an id of a run's is at work no more."""
        stopped = self._item(run, replace(alias, at_work_in_turn=None))
        self._dynamodb.put_item(TableName=self._table_name, Item=stopped)

    def put(self, run: Run, record: Turn | Event | Alias) -> None:
        """Write a record of a run, unless it stands there; an event beside another one of its millisecond."""
        try:
            self._dynamodb.put_item(
                TableName=self._table_name,
                Item=self._item(run, record),
                ConditionExpression=is_new,
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException as error:
            response: Any = error.response  # the stubs do not know what was asked for
            if isinstance(record, Event) and from_item(Event, response["Item"]) != record:
                self.put(run, replace(record, at=record.at + timedelta(milliseconds=1)))

    def _item(self, run: Run, record: Turn | Call | LatestCall | Event | Alias) -> Item:
        """Write a record whole, to be kept for as long as its run."""
        return to_item(record) | retention_of(run).expiry(run.deadline_at)

    def close_call(self, read: Call, closed: Call) -> None:
        """Write the outcome of a call that nobody runs.

        Raises:
            StaleReadError: Somebody has changed it since it was read.
        """
        changes = {
            "outcome": closed.outcome,
            "output": closed.output,
            "output_type": closed.output_type,
            "error": closed.error,
            "decision": closed.decision,
            "decided_at": closed.decided_at,
            "decided_by": closed.decided_by,
            "ended_at": closed.ended_at,
        }
        self._change_call(read, changes)

    def mark_withdrawn(self, read: Call, now: datetime) -> None:
        """Write that the run of a call has ended while it was at work.

        Raises:
            StaleReadError: Somebody has changed it since it was read.
        """
        self._change_call(read, {"withdrawn_at": now})

    def _change_call(self, read: Call, changes: Mapping[str, Any]) -> None:
        written = attributes(changes)
        try:
            self._dynamodb.update_item(
                TableName=self._table_name,
                Key=key_of(read),
                UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in written),
                ConditionExpression=call_is_as_read,
                ExpressionAttributeNames={f"#{name}": name for name in written},
                ExpressionAttributeValues={
                    **{f":{name}": value for name, value in written.items()},
                    ":outcome_read": {"S": read.outcome},
                    ":fence_read": {"N": str(read.fence)},
                },
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException as error:
            raise StaleReadError(read.call_id) from error


def _lots(items: Sequence[Item]) -> list[list[Item]]:
    """Part items into lots that one transaction takes, beside the run."""
    lots: list[list[Item]] = [[]]
    size = 0
    for item in items:
        bytes_of_item = len(json.dumps(item))
        size += bytes_of_item
        if lots[-1] and (len(lots[-1]) == MOST_IN_TRANSACTION - 1 or size > MOST_BYTES_IN_TRANSACTION):
            lots.append([])
            size = bytes_of_item
        lots[-1].append(item)
    return lots

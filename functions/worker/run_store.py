"""The run table as the worker uses it: the only writer of a run once it exists."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from contracts import instant
from contracts.errors import StaleReadError
from contracts.items import attributes, call_key, calls_prefix, from_item, key_of, run_key, to_item
from contracts.records import Alias, Call, Event, Run, RunRequest, Turn

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

version_is_the_one_read = "version = :version_read"
is_new = "attribute_not_exists(pk)"
nobody_has_it = "outcome IN (:pending, :awaiting_decision)"


class RunStore:
    """Reads the records of runs, and writes them conditionally."""

    def __init__(self, dynamodb: "DynamoDBClient", table_name: str) -> None:
        self._dynamodb = dynamodb
        self._table_name = table_name

    def run(self, run_id: str) -> Run | None:
        """Read a run as it is now."""
        answer = self._dynamodb.get_item(TableName=self._table_name, Key=run_key(run_id), ConsistentRead=True)
        return from_item(Run, answer["Item"]) if "Item" in answer else None

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
        key = {"pk": {"S": run.request_key}, "sk": {"S": "request"}}
        answer = self._dynamodb.get_item(TableName=self._table_name, Key=key, ConsistentRead=True)
        return from_item(RunRequest, answer["Item"])

    def calls(self, run: Run) -> tuple[Call, ...]:
        """Read the calls of a run's current turn, in the order of their ids."""
        return tuple(from_item(Call, item) for item in self._query(run.run_id, calls_prefix(run.turn)))

    def call(self, run_id: str, turn: int, call_id: str) -> Call | None:
        """Read one call."""
        key = call_key(run_id, turn, call_id)
        answer = self._dynamodb.get_item(TableName=self._table_name, Key=key, ConsistentRead=True)
        return from_item(Call, answer["Item"]) if "Item" in answer else None

    def all_calls(self, run_id: str) -> tuple[Call, ...]:
        """Read the calls of all turns of a run."""
        return tuple(from_item(Call, item) for item in self._query(run_id, "call#"))

    def turn(self, run_id: str, turn: int) -> Turn | None:
        """Read a turn that ended."""
        items = self._query(run_id, f"turn#{turn:05}")
        return next((from_item(Turn, item) for item in items), None)

    def _query(self, run_id: str, prefix: str) -> Iterator[Mapping[str, Any]]:
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=self._table_name,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
            ExpressionAttributeValues={":pk": {"S": run_id}, ":prefix": {"S": prefix}},
            ConsistentRead=True,
        )
        return (item for page in pages for item in page["Items"])

    def advance(self, run: Run, **changes: Any) -> Run:  # noqa: ANN401 - any fields of a run
        """Write a run's next state, if nobody wrote since it was read.

        Raises:
            StaleReadError: Somebody did.
        """
        advanced = replace(run, **changes, version=run.version + 1, updated_at=instant.now())
        before, after = (
            attributes({field.name: getattr(state, field.name) for field in fields(Run)})
            for state in (run, advanced)
        )
        written = {name: value for name, value in after.items() if before.get(name) != value}
        removed = [name for name in before if name not in after]
        assignments = ", ".join(f"#{name} = :{name}" for name in written)
        removals = f" REMOVE {', '.join(f'#{name}' for name in removed)}" if removed else ""
        try:
            self._dynamodb.update_item(
                TableName=self._table_name,
                Key=key_of(run),
                UpdateExpression=f"SET {assignments}{removals}",
                ConditionExpression=version_is_the_one_read,
                ExpressionAttributeNames={f"#{name}": name for name in (*written, *removed)},
                ExpressionAttributeValues={
                    **{f":{name}": value for name, value in written.items()},
                    ":version_read": before["version"],
                },
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException as error:
            raise StaleReadError(run.run_id) from error
        return advanced

    def is_alias(self, run_id: str, provider_id: str) -> bool:
        """Say whether one of the provider's ids is on record as another one of a run's."""
        key = key_of(Alias(run_id, provider_id))
        answer = self._dynamodb.get_item(TableName=self._table_name, Key=key, ConsistentRead=True)
        return "Item" in answer

    def put(self, record: Turn | Event | Alias) -> None:
        """Write a record that says the same whoever writes it."""
        self._dynamodb.put_item(TableName=self._table_name, Item=to_item(record))

    def put_call(self, call: Call) -> None:
        """Write a call down, unless it is already: by then it may have run."""
        try:
            self._dynamodb.put_item(
                TableName=self._table_name, Item=to_item(call), ConditionExpression=is_new
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException:
            return

    def close_call(self, call: Call) -> None:
        """Write the outcome of a call that nobody runs.

        Raises:
            StaleReadError: Somebody runs it, or was first.
        """
        written = attributes(
            {
                "outcome": call.outcome,
                "output": call.output,
                "error": call.error,
                "decision": call.decision,
                "ended_at": call.ended_at,
            }
        )
        try:
            self._dynamodb.update_item(
                TableName=self._table_name,
                Key=key_of(call),
                UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in written),
                ConditionExpression=nobody_has_it,
                ExpressionAttributeNames={f"#{name}": name for name in written},
                ExpressionAttributeValues={
                    **{f":{name}": value for name, value in written.items()},
                    ":pending": {"S": "pending"},
                    ":awaiting_decision": {"S": "awaiting_decision"},
                },
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException as error:
            raise StaleReadError(call.call_id) from error

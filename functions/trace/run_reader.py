"""A run that is over, read out of the table for its trace."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from contracts.items import RUN, Unreadable, from_item, is_of_deleted, read, request_key
from contracts.payloads import inline_text
from contracts.records import Run, RunRequest
from contracts.run_records import RunRecords

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True, slots=True)
class TracedRun:
    """A run, and the model that its start named, where that is known."""

    run: Run
    records: RunRecords
    model: str | None


class RunReader:
    """Reads runs."""

    def __init__(self, dynamodb: "DynamoDBClient", table_name: str) -> None:
        self._dynamodb = dynamodb
        self._table_name = table_name

    def run(self, run_id: str) -> TracedRun | None:
        """Read a run that is over, as far as its parts can be read; `None` if there is none (any more)."""
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=self._table_name,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": run_id}},
            ConsistentRead=True,
        )
        items = [item for page in pages for item in page["Items"]]
        own = next((item for item in items if item["sk"]["S"] == RUN), None)
        run = from_item(Run, own) if own and not is_of_deleted(own) else None
        return TracedRun(run, RunRecords(items), self._model(run)) if run and run.is_over else None

    def _model(self, run: Run) -> str | None:
        """Read which model a run was started with; of a request so long that the bucket has it, none.

        Nor of one that is buried, cannot be read, or is by now of another run that has the same key.
        """
        key = request_key(run.request_key)
        item = self._dynamodb.get_item(TableName=self._table_name, Key=key).get("Item")
        if item is None or is_of_deleted(item):
            return None
        request = read(RunRequest, item)
        if isinstance(request, Unreadable) or request.run_id != run.run_id:
            return None
        text = inline_text(request.request)
        return _model_in(json.loads(text)) if text else None


def _model_in(request: Any) -> str | None:  # noqa: ANN401 - a create body of OpenAI's
    agent = request.get("agent")
    named = (agent if isinstance(agent, dict) else request).get("model")
    return named if isinstance(named, str) and named else None

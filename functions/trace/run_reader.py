"""A run that is over, read out of the table for its trace."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from contracts.items import from_item
from contracts.payloads import inline_text
from contracts.records import Run, RunRequest
from contracts.run_records import RunRecords

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True, slots=True)
class TracedRun:
    """A run, and the model that its start named, where that is known."""

    records: RunRecords
    model: str | None


class RunReader:
    """Reads runs."""

    def __init__(self, dynamodb: "DynamoDBClient", table_name: str) -> None:
        self._dynamodb = dynamodb
        self._table_name = table_name

    def run(self, run_id: str) -> TracedRun | None:
        """Read a run that is over; `None` if there is none."""
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=self._table_name,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": run_id}},
            ConsistentRead=True,
        )
        items = [item for page in pages for item in page["Items"]]
        if not any(item["sk"]["S"] == "run" for item in items):
            return None
        records = RunRecords(items)
        return TracedRun(records, self._model(records.run)) if records.run.is_over else None

    def _model(self, run: Run) -> str | None:
        """Read which model a run was started with; of a request so long that the bucket has it, none."""
        key = {"pk": {"S": run.request_key}, "sk": {"S": "request"}}
        item = self._dynamodb.get_item(TableName=self._table_name, Key=key).get("Item")
        text = inline_text(from_item(RunRequest, item).request) if item else None
        return _model_in(json.loads(text)) if text else None


def _model_in(request: Any) -> str | None:  # noqa: ANN401 - a create body of OpenAI's
    agent = request.get("agent")
    named = (agent if isinstance(agent, dict) else request).get("model")
    return named if isinstance(named, str) and named else None

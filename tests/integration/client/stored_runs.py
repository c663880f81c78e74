"""Runs as they stand in the table, for the client to find."""

from datetime import timedelta
from typing import Any

from contracts import instant
from contracts.payloads import Stored
from contracts.records import Run as StoredRun

from tests.harness.template import physical_name
from tests.integration.api.records_in_aws import put
from tests.unit.layer.records import RUN_ID, a_run, a_turn, after

HELLO = {"model": "gpt-6-astra", "input": "Say hello."}
SOON = timedelta(hours=1)


def a_waiting_run(**changes: Any) -> StoredRun:
    return a_run(status="requires_action", deadline_at=instant.now() + SOON, **changes)


def an_ended_run(**changes: Any) -> StoredRun:
    facts: dict[str, Any] = {"status": "completed", "ended_at": after(3), "result_read_at": 1}
    return a_run(**(facts | changes))


def ended(aws, run: StoredRun, text: str = "Hello.") -> None:
    put(
        aws,
        run,
        a_turn(read_at=1, run_id=run.run_id, output_text=Stored(f"inline:{text}"), body=Stored("inline:{}")),
    )


def damage(aws) -> None:
    """Have the record of the run be none that can be read."""
    key = {"pk": {"S": RUN_ID}, "sk": {"S": "run"}}
    aws.dynamodb.update_item(
        TableName=physical_name("RunTable"),
        Key=key,
        UpdateExpression="SET max_turns = :text",
        ExpressionAttributeValues={":text": {"S": "many"}},
    )

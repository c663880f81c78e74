from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from runrelay.items import call_key, from_item, to_item
from runrelay.messages import CallMessage
from runrelay.payloads import Stored
from runrelay.records import Call

from functions.tools.call_ledger import CallLedger
from tests.harness.template import physical_name
from tests.integration import local_aws

MESSAGE = CallMessage("run_1", 1, "call_1")


@pytest.fixture
def aws(socket_disabled) -> Iterator[SimpleNamespace]:
    with local_aws.aws() as clients:
        yield clients


@pytest.fixture
def ledger(aws: SimpleNamespace) -> CallLedger:
    return CallLedger(aws.dynamodb, physical_name("RunTable"))


@pytest.fixture
def record(aws: SimpleNamespace) -> Callable[..., Call]:
    """Write a call down."""

    def record(**facts: Any) -> Call:
        call = Call(
            **{
                "run_id": MESSAGE.run_id,
                "turn": MESSAGE.turn,
                "call_id": MESSAGE.call_id,
                "name": "get_order",
                "arguments": Stored("inline:{}"),
                "effect": "once",
                "outcome": "pending",
                "created_at": datetime(2026, 11, 21, 9, 30, tzinfo=UTC),
                **facts,
            }
        )
        aws.dynamodb.put_item(TableName=physical_name("RunTable"), Item=to_item(call))
        return call

    return record


@pytest.fixture
def recorded(aws: SimpleNamespace) -> Callable[[], Call]:
    """Read the call as it is recorded now."""

    def recorded() -> Call:
        key = call_key(MESSAGE.run_id, MESSAGE.turn, MESSAGE.call_id)
        item = aws.dynamodb.get_item(TableName=physical_name("RunTable"), Key=key)["Item"]
        return from_item(Call, item)

    return recorded

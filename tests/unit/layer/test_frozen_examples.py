"""What stands on a queue or in the table when new code is deployed: frozen, one example per version."""

import json
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import pytest
from contracts.items import Record, from_item, key_of
from contracts.messages import (
    CallMessage,
    Message,
    RunMessage,
    UnknownMessageError,
    WebhookMessage,
    from_body,
    to_body,
)
from contracts.records import (
    Call,
    DeletedRequest,
    DeletedRun,
    Event,
    Failure,
    LatestCall,
    Run,
    RunRequest,
    Turn,
)

from tests.unit.layer.records import RUN_ID, after

EXAMPLES = Path(__file__).parent / "version_1"


def example(name: str) -> dict[str, Any]:
    return json.loads((EXAMPLES / f"{name}.json").read_text())


MESSAGES: dict[str, Message] = {
    "message_webhook": WebhookMessage(
        "wh_1",
        {
            "id": "evt_1",
            "object": "event",
            "created_at": 1795253400,
            "type": "response.completed",
            "data": {"id": "resp_1"},
        },
    ),
    "message_run": RunMessage(RUN_ID, "created", attempt=2),
    "message_call": CallMessage(RUN_ID, turn=3, call_id="call_1"),
}

RECORDS: dict[str, Record] = {
    "item_run": Run(
        run_id=RUN_ID,
        kind="response",
        status="failed",
        request_key=f"request#{RUN_ID}",
        tools=("get_order", "refund_order"),
        metadata={"tenant": "acme"},
        created_at=after(0),
        updated_at=after(5),
        deadline_at=after(600),
        max_turns=20,
        turn=2,
        version=7,
        provider_id="resp_2",
        turn_started_at=after(3),
        submitting_turn=3,
        submitting_by="worker-1",
        submitting_until=after(60),
        usage={"total_tokens": 7},
        error=Failure("server_error", "no"),
        ended_at=after(5),
    ),
    "item_latest_call": LatestCall(RUN_ID, "2e21709492dd6306", turn=2, call_id="call_1"),
    "item_open_run": Run(
        run_id=RUN_ID,
        kind="response",
        status="in_progress",
        request_key=f"request#{RUN_ID}",
        tools=(),
        metadata={},
        created_at=after(0),
        updated_at=after(5),
        deadline_at=after(600),
        max_turns=20,
        turn=1,
        version=3,
        provider_id="resp_1",
        turn_started_at=after(3),
        checks=2,
        due_at=after(15),
        sweep="open#3",
    ),
    "item_turn": Turn(
        run_id=RUN_ID,
        turn=2,
        provider_id="resp_2",
        status="completed",
        started_at=after(3),
        ended_at=after(5),
        woken_by="webhook",
        usage={"total_tokens": 7},
        output_text="inline:done",
        body=f"s3:{RUN_ID}/body",
    ),
    "item_call": Call(
        run_id=RUN_ID,
        turn=1,
        call_id="call_1",
        name="refund_order",
        arguments='inline:{"order_id": "A-1"}',
        effect="keyed",
        outcome="failed",
        created_at=after(2),
        metadata={"tenant": "acme"},
        fence=2,
        owner="tools-1",
        lease_until=after(60),
        started_at=after(3),
        ended_at=after(4),
        output="inline:it failed",
        error=Failure("timeout", "too long"),
        detail="after 30 s",
    ),
    "item_event": Event(RUN_ID, after(6), "orphan_cancelled", {"provider_id": "resp_9"}),
    "item_run_request": RunRequest(
        f"idempotency#{'0' * 64}", RUN_ID, "f" * 64, 'inline:{"model": "gpt-6-astra"}'
    ),
    "item_deleted_run": DeletedRun(
        run_id=RUN_ID,
        kind="thread",
        created_at=after(0),
        deleted_at=after(700),
        ended_at=after(5),
        provider_left="invalid_api_key",
        due_at=after(1600),
        sweep="open#3",
    ),
    "item_deleted_request": DeletedRequest(f"idempotency#{'0' * 64}", RUN_ID, deleted_at=after(700)),
}


def test_every_example_is_looked_at():
    assert {path.stem for path in EXAMPLES.glob("*.json")} == MESSAGES.keys() | RECORDS.keys()


@pytest.mark.parametrize(("name", "message"), MESSAGES.items(), ids=MESSAGES)
def test_a_message_of_version_1_is_read(name: str, message: Message):
    assert from_body((EXAMPLES / f"{name}.json").read_text()) == message


@pytest.mark.parametrize(("name", "message"), MESSAGES.items(), ids=MESSAGES)
def test_a_message_is_still_written_as_version_1(name: str, message: Message):
    assert json.loads(to_body(message)) == example(name)


@pytest.mark.parametrize(("name", "record"), RECORDS.items(), ids=RECORDS)
def test_an_item_of_version_1_is_read(name: str, record: Record):
    assert from_item(type(record), example(name)) == record


@pytest.mark.parametrize(("name", "record"), RECORDS.items(), ids=RECORDS)
def test_an_item_stands_where_version_1_stood(name: str, record: Record):
    item = example(name)

    assert key_of(record) == {"pk": item["pk"], "sk": item["sk"]}


@pytest.mark.parametrize(("name", "record"), RECORDS.items(), ids=RECORDS)
def test_older_code_reads_an_item_with_attributes_of_tomorrow(name: str, record: Record):
    item = example(name) | {"new": {"S": "x"}, "newer": {"N": "1"}}
    if "error" in item:
        failure = json.loads(item["error"]["S"]) | {"new": 1}
        item["error"] = {"S": json.dumps(failure)}

    assert from_item(type(record), item) == record


@pytest.mark.parametrize(("name", "record"), RECORDS.items(), ids=RECORDS)
def test_an_item_with_nothing_but_what_must_be_there_is_read(name: str, record: Record):
    required = {
        field.name
        for field in fields(record)
        if field.default is MISSING and field.default_factory is MISSING
    }
    item = {name: value for name, value in example(name).items() if name in required}

    read = from_item(type(record), item)

    assert {name: getattr(read, name) for name in required} == {
        name: getattr(record, name) for name in required
    }


@pytest.mark.parametrize(
    "body",
    [
        "",
        "not json",
        "[]",
        "null",
        "{}",
        '{"version":1}',
        '{"version":1,"message":"unknown"}',
        '{"version":1,"message":["run"]}',
        '{"version":1,"message":"run"}',
        '{"version":1,"message":"run","run_id":"r","reason":"created","new":1}',
        '{"version":"1","message":"run","run_id":"r","reason":"created"}',
        '{"message":"run","run_id":"r","reason":"created"}',
        "[" * 100_000,
    ],
    ids=lambda body: body[:50],
)
def test_what_is_no_message_is_refused_by_name(body: str):
    with pytest.raises(UnknownMessageError):
        from_body(body)


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_of_a_newer_version_is_refused_by_name(name: str):
    with pytest.raises(UnknownMessageError, match="newer version"):
        from_body(json.dumps(example(name) | {"version": 2}))

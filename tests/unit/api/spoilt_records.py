"""A run of which every attribute of every record is there, and then is not, or holds something else."""

from collections.abc import Iterator
from dataclasses import MISSING, fields
from typing import Any

from contracts.items import Record, to_item
from contracts.payloads import Stored
from contracts.records import Event, Failure, RunRequest

from tests.harness.template import Template
from tests.unit.layer.records import RUN_ID, a_call, a_run, a_turn, after

SECRET = "tulip"
INDEXED = {each["AttributeName"] for each in Template({}).properties("RunTable")["AttributeDefinitions"]}
"""DynamoDB itself sees to it that these are text of some length, if they are there."""

FULL: dict[str, Record] = {
    "run": a_run(
        status="completed",
        turn=2,
        retried_turns={
            "resp_0": {
                "turn": 1,
                "started_at": "2026-11-21T09:30:00Z",
                "at": "2026-11-21T09:30:01Z",
                "code": "x",
            }
        },
        usage={"total_tokens": 7},
        error=Failure("code", "words"),
        due_at=after(1),
        sweep="open#1",
        cancel_requested_at=after(3),
        cancel_requested_by={"type": "iam"},
        result_read_at=4,
        once_calls={"a": "b"},
        ending={"status": "failed"},
        ended_at=after(9),
    ),
    "turn": a_turn(
        turn=2, read_at=4, usage={"total_tokens": 7}, output_text=Stored("inline:t"), body=Stored("inline:{}")
    ),
    "call": a_call(
        outcome="failed",
        metadata={"tenant": "acme"},
        caller={"type": "program"},
        asked_at=after(2),
        wait_until=after(60),
        decision="approved",
        decision_reason="fine",
        decided_at=after(3),
        decided_by={"type": "jwt", "sub": "ann"},
        ordinal=0,
        fence=1,
        started_at=after(4),
        ended_at=after(5),
        output=Stored("inline:out"),
        output_type="content",
        error=Failure("code", "words"),
        detail="detail",
    ),
    "event": Event(RUN_ID, after(6), "orphan_cancelled", {"provider_id": "resp_9"}),
    "request": RunRequest(f"request#{RUN_ID}", RUN_ID, "f" * 64, Stored('inline:{"model": "m"}')),
}

OF_ANOTHER_TYPE = {
    "a map": {"M": {"words": {"S": SECRET}}},
    "a list": {"L": [{"S": SECRET}]},
    "a truth": {"BOOL": True},
    "nothing": {"NULL": True},
    "bytes": {"B": SECRET.encode()},
    "a set": {"SS": [SECRET]},
    "half a number": {"N": "1.5"},
    "a number": {"N": "7"},
    "text": {"S": SECRET},
    "no text": {"S": ""},
    "JSON of another type": {"S": f'["{SECRET}", 1, null]'},
    "JSON with other values": {"S": f'{{"turn": ["{SECRET}"], "code": 1}}'},
    "broken JSON": {"S": f'{{"{SECRET}": '},
    "JSON without an end": {"S": "[" * 100_000},
    "no number of JSON": {"S": '{"a": NaN}'},
    "a moment without a zone": {"S": "2026-11-21T09:30:00"},
    "a moment before time": {"S": "0001-01-01T00:00:00+14:00"},
    "a place that is nowhere": {"S": "s3:"},
}


def spoilt_items() -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Give each record with each of its attributes gone, or of each other type."""
    for name, record in FULL.items():
        item = to_item(record)
        for field in fields(record):
            if field.default is MISSING and field.default_factory is MISSING:
                yield name, field.name, "missing", {each: item[each] for each in item if each != field.name}
            for what, value in OF_ANOTHER_TYPE.items():
                if field.name in INDEXED and not 0 < len(value.get("S", "")) < 1000:
                    continue
                yield name, field.name, what, {**item, field.name: value}

"""A record that cannot be read harms no list and no other run, and is named; what it holds is not."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from contracts.items import key_of, to_item
from contracts.records import Call, Event, Run, RunRequest, Turn
from ulid import ULID

from tests.integration.api.records_in_aws import TABLE, put
from tests.unit.api.spoilt_records import FULL, SECRET, spoilt_items
from tests.unit.layer.records import RUN_ID, a_call, a_run, a_turn

OLDER, NEWER = (f"run_{ULID.from_timestamp(seconds)}" for seconds in (1e9, 2e9))


def put_all(aws, name: str, item: Mapping[str, Any]) -> None:
    """Put a run with two neighbours, of which one record is spoilt."""
    put(aws, a_run(OLDER), a_run(NEWER))
    for each, record in FULL.items():
        listing = {"listing": {"S": "run"}} if isinstance(record, Run) else {}
        aws.dynamodb.put_item(
            TableName=TABLE, Item={**(item if each == name else to_item(record)), **listing}
        )


def sort_key(name: str) -> str:
    return key_of(FULL[name])["sk"]["S"]


SOME = [item for item in spoilt_items() if item[:2] != ("run", "deletion_requested_at")][::5]
"""Of each attribute some; the unit tests have all. A run is shown to nobody whose deletion is wished for."""
IN_LOTS = [SOME[start::6] for start in range(6)]


@pytest.mark.parametrize("lot", IN_LOTS, ids=range(6))
def test_whatever_a_record_holds_it_is_shown_or_named_and_its_neighbours_are_shown(aws, api, lot):
    for name, attribute, what, item in lot:
        put_all(aws, name, item)
        case = (name, attribute, what)

        listed = api.get("/runs")
        shown = api.get(f"/runs/{RUN_ID}", "include=request")
        told = api.get(f"/runs/{RUN_ID}/events")

        assert (listed.status, shown.status, told.status) == (200, 200, 200), case
        neighbours = [run for run in listed.json["runs"] if run["run_id"] != RUN_ID]
        assert [(run["run_id"], run["readable"]) for run in neighbours] == [(NEWER, True), (OLDER, True)], (
            case
        )
        unreadable = {"item": sort_key(name), "attributes": [attribute]}
        for answer in (shown, told):
            named = answer.json["unreadable"]
            assert named in ([], [unreadable]) or names_the_place(named, name, attribute), case
            assert all(json.dumps(each).count(SECRET) == 0 for each in named), case
        runs = [run for run in (*listed.json["runs"], shown.json) if run["run_id"] == RUN_ID]
        is_readable = name != "run" or not (shown.json["unreadable"] and told.json["unreadable"])
        assert [run["readable"] for run in runs] == [is_readable] * len(runs), case
        assert len(runs) == 2 or attribute == "run_id", case  # by which the list finds a run


def names_the_place(named: list[dict[str, Any]], name: str, attribute: str) -> bool:
    """Say whether an item is named because it does not stand where it says."""
    is_of_key = attribute in ("run_id", "turn", "call_id", "at", "type", "read_at", "request_key")
    return is_of_key and named == [{"item": sort_key(name), "attributes": named[0]["attributes"]}]


@pytest.mark.parametrize(
    ("name", "attribute", "value"),
    [
        ("run", "status", "running"),
        ("run", "kind", "batch"),
        ("run", "tools", "{}"),
        ("run", "metadata", '{"a": 1}'),
        ("run", "error", '{"code": 1, "message": "x"}'),
        ("run", "created_at", "yesterday"),
        ("turn", "body", "inline:{"),
        ("turn", "usage", "[]"),
        ("call", "outcome", "lost"),
        ("call", "decided_by", '{"type": 1}'),
        ("call", "arguments", "{}"),
        ("event", "facts", "[]"),
        ("request", "request", "inline:[]"),
    ],
)
def test_what_cannot_be_read_is_named(aws, api, name: str, attribute: str, value: str):
    put_all(aws, name, to_item(FULL[name]) | {attribute: {"S": value}})

    shown = api.get(f"/runs/{RUN_ID}", "include=request").json
    told = api.get(f"/runs/{RUN_ID}/events").json

    named = [{"item": sort_key(name), "attributes": [attribute]}]
    answers = [shown["unreadable"]] + ([told["unreadable"]] if attribute not in ("body", "request") else [])
    assert all(answer == named for answer in answers)


def test_an_unreadable_run_shows_what_can_be_read(aws, api):
    put_all(aws, "run", to_item(FULL["run"]) | {"status": {"S": "running"}, "tools": {"N": "1"}})

    listed = api.get("/runs").json["runs"][1]
    shown = api.get(f"/runs/{RUN_ID}", "include=request").json
    told = api.get(f"/runs/{RUN_ID}/events").json["events"]

    known = {
        "run_id": RUN_ID,
        "readable": False,
        "unreadable": [{"item": "run", "attributes": ["status", "tools"]}],
        "kind": "response",
        "turn": 2,
        "max_turns": 20,
        "metadata": {"tenant": "acme"},
        "usage": {"total_tokens": 7},
        "error": {"code": "code", "message": "words"},
        "provider_id": "resp_1",
        "deadline": "2026-11-21T09:40:00.000Z",
        "created_at": "2026-11-21T09:30:00.000Z",
        "updated_at": "2026-11-21T09:30:01.000Z",
        "ended_at": "2026-11-21T09:30:09.000Z",
    }
    assert listed == known
    assert known.items() <= shown.items()
    assert [turn["turn"] for turn in shown["turns"]] == [2]
    assert [call["output"] for call in shown["calls"]] == ["out"]
    assert shown["request"] == {"model": "m"}
    types = [event["type"] for event in told]
    assert (types[0], types[-1]) == ("run_created", "run_ended")
    assert {"turn_ended", "call_decided", "orphan_cancelled", "cancel_requested"} <= {*types}


def test_the_other_calls_of_a_run_are_shown(aws, api):
    put(aws, a_run(status="requires_action"), a_call(), a_call(call_id="call_2"))
    aws.dynamodb.put_item(TableName=TABLE, Item=to_item(a_call()) | {"outcome": {"S": "lost"}})

    shown = api.get(f"/runs/{RUN_ID}").json

    assert (shown["readable"], shown["status"]) == (True, "requires_action")
    assert [call["call_id"] for call in shown["calls"]] == ["call_2"]
    assert shown["unreadable"] == [{"item": "call#00001#call_1", "attributes": ["outcome"]}]


@pytest.mark.parametrize("status", ["completed", "running"])
@pytest.mark.parametrize("query", ["", "status=completed"])
def test_an_unreadable_run_is_listed_by_what_can_be_read(aws, api, status: str, query: str):
    put(aws, a_run(OLDER), a_run(NEWER))
    spoilt = to_item(FULL["run"]) | {"listing": {"S": "run"}, "tools": {"N": "1"}, "status": {"S": status}}
    aws.dynamodb.put_item(TableName=TABLE, Item=spoilt)

    ids = [run["run_id"] for run in api.get("/runs", query).json["runs"]]

    assert RUN_ID in ids  # of which `running` is no status: it stands where it was listed last


@pytest.mark.parametrize(
    ("path", "body"),
    [("/cancel", {}), ("/calls/call_1/decision", {"approve": True}), ("/calls/call_1/output", {"output": 1})],
)
@pytest.mark.parametrize("value", [{"S": "running"}, {"N": "1"}, {"M": {"words": {"S": SECRET}}}])
def test_nothing_is_done_with_an_unreadable_run_and_it_is_said_why(aws, api, path, body, value):
    deployed = api.deployed
    put(aws, a_run(status="requires_action"), a_call(outcome="awaiting_decision"))
    aws.dynamodb.put_item(TableName=TABLE, Item=to_item(a_run()) | {"status": value})

    answer = api.post(f"/runs/{RUN_ID}{path}", body)

    assert (answer.status, answer.headers["content-type"]) == (409, "application/problem+json")
    assert answer.json["detail"] == f"the item run of {RUN_ID} cannot be read: status"
    assert answer.json["unreadable"] == {"item": "run", "attributes": ["status"]}
    assert [(line["message"], line["error"]) for line in deployed.log_lines] == [
        ("record unreadable", f"UnreadableItemError: {answer.json['detail']}")
    ]
    assert "SendMessage" not in deployed.requests
    assert SECRET not in answer.body + deployed.output.getvalue()


def test_nothing_is_done_with_an_unreadable_call(aws, api):
    put(aws, a_run(status="requires_action"), a_call(outcome="awaiting_decision"))
    item = to_item(a_call()) | {"outcome": {"S": "lost"}}
    aws.dynamodb.put_item(TableName=TABLE, Item=item)

    answer = api.post(f"/runs/{RUN_ID}/calls/call_1/decision", {"approve": True})

    assert (answer.status, answer.json["unreadable"]["item"]) == (409, "call#00001#call_1")


def test_a_key_whose_request_cannot_be_read_starts_nothing(aws, api, deployed):
    wanted = {"kind": "response", "request": {"model": "m", "input": "x"}}
    api.post("/runs", wanted, key="once")
    (item,) = [each for each in aws.dynamodb.scan(TableName=TABLE)["Items"] if each["sk"]["S"] == "request"]
    aws.dynamodb.put_item(TableName=TABLE, Item={**item, "fingerprint": {"N": "1"}})

    answer = api.post("/runs", wanted, key="once")

    assert (answer.status, answer.json["unreadable"]) == (
        409,
        {"item": "request", "attributes": ["fingerprint"]},
    )


def test_a_partition_without_a_run_is_none(aws, api):
    put(aws, a_call(), a_turn())

    assert [api.get(f"/runs/{RUN_ID}{route}").status for route in ("", "/events")] == [404, 404]


def test_every_record_is_among_those_that_are_spoilt():
    assert {type(record) for record in FULL.values()} == {Run, Turn, Call, Event, RunRequest}


def test_the_schema_tells_of_runs_that_cannot_be_read(api):
    schema = api.get("/openapi.json").json

    schemas = schema["components"]["schemas"]
    shown = schema["paths"]["/runs/{run_id}"]["get"]["responses"]["200"]["content"]["application/json"]
    names = [each["$ref"].rpartition("/")[2] for each in shown["schema"]["anyOf"]]
    assert names == ["RunView", "UnreadableRunView"]
    assert schemas["RunSummary"]["properties"]["readable"]["const"] is True
    assert schemas["UnreadableRun"]["properties"]["readable"]["const"] is False

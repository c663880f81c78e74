import json
from dataclasses import replace
from itertools import product
from types import SimpleNamespace
from typing import Any

import pytest
from contracts import instant
from contracts.payloads import INLINE_LIMIT_BYTES, PayloadBucket, Stored
from contracts.records import Event, Failure
from ulid import ULID

from tests.harness.template import physical_name
from tests.integration.api.records_in_aws import put
from tests.unit.layer.records import RUN_ID, START, a_call, a_run, a_turn, after

BUCKET = physical_name("PayloadBucket")


# -- One run -------------------------------------------------------------------------------------


def test_a_run_that_ended_shows_its_calls_and_its_result_whole(aws, api):
    bucket = PayloadBucket(lambda: aws.s3, BUCKET)
    long_text = "an answer of some length ☃ " * (INLINE_LIMIT_BYTES // 20)
    body = {"id": "resp_2", "status": "completed", "output": [{"text": long_text}], "top_p": 1.0, "n": 3}
    put(
        aws,
        a_run(status="completed", turn=2, usage={"total_tokens": 7}, ended_at=after(9), provider_id="resp_2"),
        a_turn(),
        a_turn(
            turn=2,
            provider_id="resp_2",
            output_text=bucket.store("text", long_text),
            body=bucket.store("body", json.dumps(body)),
        ),
        a_call(outcome="succeeded", fence=1, started_at=after(3), ended_at=after(4), output="inline:{}"),
        a_call(
            call_id="call_2",
            outcome="failed",
            error=Failure("timeout", "too long"),
            detail="why",
            executor="external",
            wait_until=after(300),
            decision="approved",
            decision_reason="fine",
            decided_at=after(5),
            same_as="00001#call#0",
        ),
    )

    shown = api.get(f"/runs/{RUN_ID}").json

    assert shown["status"] == "completed"
    assert shown["usage"] == {"total_tokens": 7}
    assert shown["result"] == {
        "output_text": long_text,
        "output_text_left_out": False,
        "refusal": None,
        "refusal_left_out": False,
        "object": body,
        "object_left_out": False,
    }
    assert shown["ended_at"] == "2026-11-21T09:30:09.000Z"
    assert shown["calls"] == [
        {
            "call_id": "call_1",
            "turn": 1,
            "type": "function_call",
            "name": "get_order",
            "executor": "tools",
            "arguments": '{"order_id": "A-1"}',
            "arguments_left_out": False,
            "effect": "pure",
            "outcome": "succeeded",
            "wait_until": None,
            "decision": None,
            "decision_reason": None,
            "decided_at": None,
            "decided_by": None,
            "answered_by": None,
            "same_as": None,
            "attempts": 1,
            "output": "{}",
            "output_left_out": False,
            "error": None,
            "created_at": "2026-11-21T09:30:02.000Z",
            "started_at": "2026-11-21T09:30:03.000Z",
            "ended_at": "2026-11-21T09:30:04.000Z",
        },
        {
            "call_id": "call_2",
            "turn": 1,
            "type": "function_call",
            "name": "get_order",
            "executor": "external",
            "arguments": '{"order_id": "A-1"}',
            "arguments_left_out": False,
            "effect": "pure",
            "outcome": "failed",
            "wait_until": "2026-11-21T09:35:00.000Z",
            "decision": "approved",
            "decision_reason": "fine",
            "decided_at": "2026-11-21T09:30:05.000Z",
            "decided_by": None,
            "answered_by": None,
            "same_as": "call#0",
            "attempts": 0,
            "output": None,
            "output_left_out": False,
            "error": {"code": "timeout", "message": "too long"},
            "created_at": "2026-11-21T09:30:02.000Z",
            "started_at": None,
            "ended_at": None,
        },
    ]


def test_a_run_without_a_result_shows_why_it_ended(aws, api):
    put(aws, a_run(status="failed", error=Failure("server_error", "the provider's words"), ended_at=after(2)))

    shown = api.get(f"/runs/{RUN_ID}").json

    assert shown["error"] == {"code": "server_error", "message": "the provider's words"}
    assert shown["result"] is None


def test_whole_numbers_stay_whole(aws, api):
    put(aws, a_run(usage={"input_tokens": 10**18, "ratio": 0.5}))

    answer = api.get(f"/runs/{RUN_ID}")

    assert '"input_tokens":1000000000000000000,"ratio":0.5' in answer.body.replace(" ", "")
    assert '"turn":1,' in answer.body.replace(" ", "")


@pytest.mark.parametrize("route", ["", "/events"])
def test_a_run_that_is_not_there_is_a_404(api, route: str):
    answer = api.get(f"/runs/{RUN_ID}{route}")

    assert (answer.status, answer.headers["content-type"]) == (404, "application/problem+json")
    assert answer.json["detail"] == f"there is no run {RUN_ID}"


@pytest.mark.parametrize(
    "run_id", ["run_1", "resp_1", RUN_ID.lower(), f"{RUN_ID}0", f"idempotency%23{'0' * 64}"]
)
@pytest.mark.parametrize("route", ["", "/events"])
def test_what_is_no_run_id_is_named(api, run_id: str, route: str):
    answer = api.get(f"/runs/{run_id}{route}")

    assert (answer.status, answer.headers["content-type"]) == (422, "application/problem+json")
    assert [error["field"] for error in answer.json["errors"]] == ["run_id"]


# -- The timeline --------------------------------------------------------------------------------


def test_a_timeline_tells_everything_in_order(aws, api):
    put(
        aws,
        a_run(status="completed", turn=2, ended_at=after(7)),
        a_turn(),
        a_turn(turn=2, provider_id="resp_2", started_at=after(5), ended_at=after(7), woken_by="check"),
        a_call(outcome="succeeded", fence=2, started_at=after(3), ended_at=after(4)),
        a_call(call_id="call_0", outcome="failed", ended_at=after(2.5), error=Failure("e", "m"), detail="d"),
        Event(RUN_ID, after(6), "orphan_cancelled", {"provider_id": "resp_9", "at": "x", "type": "y"}),
    )

    answer = api.get(f"/runs/{RUN_ID}/events")

    entries = answer.json["events"]
    assert answer.json["run_id"] == RUN_ID
    assert [entry["type"] for entry in entries] == [
        *("run_created", "turn_started", "turn_ended", "call_requested", "call_requested", "call_ended"),
        *("call_started", "call_ended", "turn_started", "orphan_cancelled", "turn_ended", "run_ended"),
    ]
    assert [entry["at"] for entry in entries] == sorted(entry["at"] for entry in entries)
    assert entries[5] == {
        "at": "2026-11-21T09:30:02.500Z",
        "type": "call_ended",
        "turn": 1,
        "call_id": "call_0",
        "name": "get_order",
        "outcome": "failed",
        "code": "e",
        "message": "m",
        "detail": "d",
    }
    assert entries[6]["attempt"] == 2
    assert entries[9] == {
        "at": "2026-11-21T09:30:06.000Z",
        "type": "orphan_cancelled",
        "provider_id": "resp_9",
    }


def test_the_turn_under_way_is_on_the_timeline(aws, api):
    put(aws, a_run())

    entries = api.get(f"/runs/{RUN_ID}/events").json["events"]

    assert [(entry["type"], entry.get("provider_id")) for entry in entries] == [
        ("run_created", None),
        ("turn_started", "resp_1"),
    ]


def call_moments(api) -> list[dict[str, Any]]:
    entries = api.get(f"/runs/{RUN_ID}/events").json["events"]
    facts = {"turn": 1, "call_id": "call_1", "name": "get_order"}
    return [
        {name: value for name, value in entry.items() if name not in facts}
        for entry in entries
        if facts.items() <= entry.items()
    ]


ASKED = [
    {"at": "2026-11-21T09:30:02.000Z", "type": "call_requested"},
    {"at": "2026-11-21T09:30:02.000Z", "type": "decision_asked"},
]


def test_a_call_that_awaits_a_decision_is_asked_about_on_the_timeline(aws, api):
    put(aws, a_run(status="requires_action"), a_call(outcome="awaiting_decision", wait_until=after(60)))

    assert call_moments(api) == ASKED


def test_a_decision_stays_on_the_timeline(aws, api):
    decided = {"decision": "denied", "decision_reason": "too much", "decided_at": after(4)}
    error = Failure("denied", "A person denied this call: too much")
    put(
        aws,
        a_run(status="requires_action"),
        a_call(outcome="denied", **decided, error=error, ended_at=after(4)),
    )

    assert call_moments(api) == [
        *ASKED,
        {
            "at": "2026-11-21T09:30:04.000Z",
            "type": "call_decided",
            "decision": "denied",
            "reason": "too much",
        },
        {
            "at": "2026-11-21T09:30:04.000Z",
            "type": "call_ended",
            "outcome": "denied",
            "code": "denied",
            "message": "A person denied this call: too much",
        },
    ]


def test_what_policy_decides_at_once_nobody_is_asked_about(aws, api):
    at_once = {"decision": "approved", "decided_at": after(2), "ended_at": after(2)}
    put(
        aws,
        a_run(status="requires_action"),
        a_call(type="mcp_approval_request", outcome="succeeded", **at_once),
    )

    assert [(moment["type"], moment.get("decision")) for moment in call_moments(api)] == [
        ("call_requested", None),
        ("call_decided", "approved"),
        ("call_ended", None),
    ]


def test_a_call_that_something_outside_ran_ends_on_the_timeline(aws, api):
    put(
        aws,
        a_run(status="requires_action"),
        a_call(executor="external", outcome="succeeded", ended_at=after(8)),
    )

    assert [(moment["at"], moment["type"]) for moment in call_moments(api)] == [
        ("2026-11-21T09:30:02.000Z", "call_requested"),
        ("2026-11-21T09:30:08.000Z", "call_ended"),
    ]


def test_a_turn_that_asked_for_action_is_on_the_timeline_as_it_is(aws, api):
    put(aws, a_run(kind="session", status="requires_action"), a_turn(status="requires_action"))

    entries = api.get(f"/runs/{RUN_ID}/events").json["events"]

    assert [(entry["type"], entry.get("status")) for entry in entries] == [
        ("run_created", None),
        ("turn_started", None),
        ("turn_ended", "requires_action"),
    ]


@pytest.mark.parametrize(
    "facts",
    [{}, {"data": {"id": "x", "list": [1, None]}}, {"": 1, "model_config": 2, "self": 3}, {"x": "\ud800"}],
)
def test_an_event_of_any_type_is_on_the_timeline_with_its_facts(aws, api, facts: dict[str, Any]):
    put(aws, a_run(), Event(RUN_ID, after(6), "a.type.of.tomorrow", facts))

    entries = api.get(f"/runs/{RUN_ID}/events").json["events"]

    assert entries[-1] == {"at": "2026-11-21T09:30:06.000Z", "type": "a.type.of.tomorrow", **facts}


# -- The list ------------------------------------------------------------------------------------


def some_runs(aws: SimpleNamespace, count: int, **changes: Any) -> list[str]:
    """Write runs down, a second apart, and give their ids, newest first."""
    ids = [f"run_{ULID.from_datetime(after(number))}" for number in range(count)]
    put(aws, *(a_run(run_id, **changes) for run_id in ids))
    return ids[::-1]


def listed(answer) -> list[str]:
    return [run["run_id"] for run in answer.json["runs"]]


def test_runs_are_listed_newest_first(aws, api):
    ids = some_runs(aws, 5)

    answer = api.get("/runs")

    assert answer.status == 200
    assert listed(answer) == ids
    assert answer.json["cursor"] is None


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 100])
def test_pages_together_are_the_whole_list(aws, api, limit: int):
    ids = some_runs(aws, 5)
    pages, cursor = [], ""
    while cursor is not None:
        answer = api.get("/runs", f"limit={limit}&cursor={cursor}" if cursor else f"limit={limit}")
        pages.append(listed(answer))
        cursor = answer.json["cursor"]

    assert [run_id for page in pages for run_id in page] == ids
    assert [len(page) for page in pages[:-1]] == [limit] * (len(pages) - 1)
    assert all(pages)


def test_a_run_that_is_started_meanwhile_moves_no_page(aws, api):
    ids = some_runs(aws, 4)
    first = api.get("/runs", "limit=2")
    put(aws, a_run(f"run_{ULID.from_datetime(after(60))}"))

    second = api.get("/runs", f"limit=2&cursor={first.json['cursor']}")

    assert listed(first) + listed(second) == ids


def test_the_list_is_filtered_by_status_and_kind(aws, api):
    put(
        aws,
        a_run(f"run_{ULID.from_datetime(after(1))}", status="failed"),
        a_run(f"run_{ULID.from_datetime(after(2))}", status="failed", kind="session"),
        a_run(f"run_{ULID.from_datetime(after(3))}", kind="session"),
    )

    def seconds(query: str) -> list[int]:
        ids = [ULID.from_str(run_id.removeprefix("run_")) for run_id in listed(api.get("/runs", query))]
        return [int(ulid.timestamp - START.timestamp()) for ulid in ids]

    assert seconds("status=failed") == [2, 1]
    assert seconds("kind=session") == [3, 2]
    assert seconds("status=failed&kind=session") == [2]
    assert seconds("status=lost") == []
    assert seconds("status=failed&limit=1") == [2]
    assert seconds("status=failed,lost") == seconds("status=failed&status=lost") == [2, 1]


def test_a_page_of_the_largest_size_can_be_read(aws, api):
    ids = some_runs(aws, 101)

    answer = api.get("/runs", "limit=100")

    assert listed(answer) == ids[:100]
    assert answer.json["cursor"]


def test_no_runs_are_an_empty_list(api):
    assert api.get("/runs").json == {"runs": [], "cursor": None}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=x", "limit"),
        ("limit=1.5", "limit"),
        ("status=running", "status"),
        ("kind=batch", "kind"),
        ("cursor=x", "cursor"),
        ("cursor=%C3%BC", "cursor"),
        ("cursor=cnVuXzE%3D", "cursor"),
        ("cursor=gICA", "cursor"),
        (f"cursor={'A' * 101}", "cursor"),
    ],
)
def test_a_wrong_parameter_is_named(api, query: str, field: str):
    answer = api.get("/runs", query)

    assert (answer.status, answer.headers["content-type"]) == (422, "application/problem+json")
    assert [error["field"] for error in answer.json["errors"]] == [field]


# -- The schema ----------------------------------------------------------------------------------


def test_the_schema_is_openapi_and_names_every_route(api):
    answer = api.get("/openapi.json")

    schema = answer.json
    operations = {(verb.upper(), path) for path, each in schema["paths"].items() for verb in each}
    assert answer.headers["content-type"] == "application/json"
    assert schema["openapi"].startswith("3.1.")
    assert schema["info"]["title"] == "Runrelay"
    assert operations == {
        ("POST", "/runs"),
        ("GET", "/runs"),
        ("GET", "/runs/{run_id}"),
        ("DELETE", "/runs/{run_id}"),
        ("GET", "/runs/{run_id}/events"),
        ("POST", "/runs/{run_id}/cancel"),
        ("POST", "/runs/{run_id}/calls/{call_id}/decision"),
        ("POST", "/runs/{run_id}/calls/{call_id}/output"),
        ("GET", "/openapi.json"),
    }


def test_the_schema_is_closed_and_its_operations_are_named_apart(api):
    schema = api.get("/openapi.json").json

    operations = [each for path in schema["paths"].values() for each in path.values()]
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    assert all(operation["responses"] for operation in operations)
    for reference in references(schema):
        part: Any = schema
        for step in reference.removeprefix("#/").split("/"):
            part = part[step]


def test_each_parameter_of_a_path_is_declared(api):
    schema = api.get("/openapi.json").json

    for path, operations in schema["paths"].items():
        in_path = {part[1:-1] for part in path.split("/") if part.startswith("{")}
        for operation in operations.values():
            declared = {each["name"] for each in operation.get("parameters", []) if each["in"] == "path"}
            assert declared == in_path, path


def test_every_error_is_described_as_a_problem(api):
    schema = api.get("/openapi.json").json

    answers = [each["responses"] for path in schema["paths"].values() for each in path.values()]
    problem = {"schema": {"$ref": "#/components/schemas/Problem"}}
    assert all(each["default"]["content"] == {"application/problem+json": problem} for each in answers)
    assert all("422" not in each for each in answers)
    assert not any("Validation" in name for name in schema["components"]["schemas"])


def test_what_a_client_sends_is_described_field_by_field(api):
    schemas = api.get("/openapi.json").json["components"]["schemas"]

    for name in ("StartRun", "Decide", "GiveOutput"):
        assert schemas[name]["additionalProperties"] is False
        assert all("description" in each for each in schemas[name]["properties"].values())
    assert schemas["GiveOutput"]["oneOf"] == [{"required": ["output"]}, {"required": ["error"]}]


def references(part: Any) -> list[str]:
    match part:
        case dict():
            own = [part["$ref"]] if "$ref" in part else []
            return own + [each for value in part.values() for each in references(value)]
        case list():
            return [each for value in part for each in references(value)]
        case _:
            return []


def types_told(api) -> list[str]:
    return [event["type"] for event in api.get(f"/runs/{RUN_ID}/events").json["events"]]


def test_the_record_of_a_turn_that_a_worker_wrote_too_late_is_not_the_runs(aws, api):
    late = a_turn(read_at=7, output_text=Stored("inline:late"), body=Stored("inline:{}"))
    put(aws, a_run(status="expired", ended_at=after(9)), late)

    assert api.get(f"/runs/{RUN_ID}").json["result"] is None
    assert "turn_ended" not in types_told(api)


def test_of_the_records_of_a_turn_the_runs_own_is_shown(aws, api):
    late, own = (
        a_turn(read_at=version, output_text=Stored(f"inline:{text}"), body=Stored("inline:{}"))
        for version, text in ((2, "late"), (3, "own"))
    )
    put(aws, a_run(status="completed", ended_at=after(9), result_read_at=3), late, own)

    assert api.get(f"/runs/{RUN_ID}").json["result"]["output_text"] == "own"
    assert types_told(api).count("turn_ended") == 1


# -- Filters -------------------------------------------------------------------------------------


def a_crowd(api) -> dict[str, str]:
    """Start runs of two kinds and subjects; gives the number of each, newest first, by its id."""
    bodies = [
        {"kind": kind, "request": request, "subject": subject}
        for kind, request in (
            ("response", {"model": "gpt-6-astra", "input": "hello"}),
            ("session", {"agent": {"model": "gpt-6-astra"}, "input": "hello"}),
        )
        for subject in ("customer, 1", "customer#2", None)
        for _ in range(3)
    ]
    return {api.post("/runs", body).json["run_id"]: body["subject"] for body in bodies}


def test_a_subjects_runs_are_found_by_exactly_its_words(aws, api):
    crowd = a_crowd(api)

    found = api.get("/runs", "subject=customer%2C%201")

    assert listed(found) == [
        run_id for run_id, subject in reversed(crowd.items()) if subject == "customer, 1"
    ]
    assert {run["subject"] for run in found.json["runs"]} == {"customer, 1"}
    assert listed(api.get("/runs", "subject=customer")) == []


def test_any_mix_of_filters_reads_no_run_that_is_not_shown(aws, api):
    a_crowd(api)
    read: list[str] = []

    def note(parsed, **_rest):
        read.extend(item["run_id"]["S"] for items in parsed["Responses"].values() for item in items)

    client = api.deployed.app._store._dynamodb
    client.meta.events.register("after-call.dynamodb.BatchGetItem", note)
    try:
        for subject, kind, status in product(
            ("", "&subject=customer%232"),
            ("", "&kind=session"),
            ("", "&status=queued,failed", "&status=lost"),
        ):
            read.clear()
            pages, cursor = [], ""
            while cursor is not None:
                answer = api.get(
                    "/runs", f"limit=2{subject}{kind}{status}" + (f"&cursor={cursor}" if cursor else "")
                )
                pages.append(listed(answer))
                cursor = answer.json["cursor"]
            shown = [run_id for page in pages for run_id in page]
            assert read == shown
            assert len(shown) == (
                0 if "lost" in status else 18 // (3 if subject else 1) // (2 if kind else 1)
            )
            assert shown == sorted(shown, reverse=True)
            assert all(pages) or shown == []
    finally:
        client.meta.events.unregister("after-call.dynamodb.BatchGetItem", note)


def test_a_run_that_moves_while_the_list_is_read_is_shown_once(aws, api):
    """The indexes are read one after the other, and it stands in each when that is read."""
    run = a_run(f"run_{ULID.from_datetime(after(1))}", status="queued")
    put(aws, run)
    client = api.deployed.app._store._dynamodb

    def move(params, **_rest):
        if params["ExpressionAttributeValues"][":partition"]["S"] == "response#in_progress":
            put(aws, replace(run, status="in_progress"))

    client.meta.events.register("before-parameter-build.dynamodb.Query", move)
    try:
        answer = api.get("/runs", "kind=response")
    finally:
        client.meta.events.unregister("before-parameter-build.dynamodb.Query", move)

    assert listed(answer) == [run.run_id]


def test_runs_are_found_by_when_they_were_created(aws, api):
    put(
        aws,
        *(a_run(f"run_{ULID.from_datetime(after(second))}", created_at=after(second)) for second in range(6)),
    )

    def seconds(query: str) -> list[int]:
        ids = [ULID.from_str(run_id.removeprefix("run_")) for run_id in listed(api.get("/runs", query))]
        return [int(ulid.timestamp - START.timestamp()) for ulid in ids]

    def text(second: int) -> str:
        return after(second).strftime("%Y-%m-%dT%H:%M:%SZ")

    assert seconds(f"since={text(2)}") == [5, 4, 3, 2]
    assert seconds(f"until={text(2)}") == [1, 0]
    assert seconds(f"since={text(2)}&until={text(4)}&limit=1") == [3]
    assert seconds(f"since={text(2).replace('Z', '+00:00')}&kind=response") == [5, 4, 3, 2]
    assert seconds(f"since={text(4)}&until={text(4)}") == []


def test_a_run_that_was_started_says_when_its_id_does(api):
    run = api.post("/runs", {"kind": "response", "request": {"model": "m", "input": "hello"}}).json

    assert run["created_at"] == instant.to_text(ULID.from_str(run["run_id"].removeprefix("run_")).datetime)

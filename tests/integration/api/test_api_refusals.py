import base64
import json
from http import HTTPStatus
from typing import Any

import pytest
from contracts.outside_json import MAX_NESTING

from functions.api.bodies import MAX_BODY_BYTES
from tests.harness.gateway import proxy_event
from tests.integration.local_aws import Deployed, queued

REQUEST = {"model": "gpt-6-astra", "input": "hello"}
WANTED: dict[str, Any] = {"kind": "response", "request": REQUEST}
JSON = {"Content-Type": "application/json"}


def assert_problem(answer, status: int) -> None:
    """Check that an answer is a problem document (RFC 9457)."""
    assert answer.status == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}.items() <= (
        answer.json.items()
    )
    assert isinstance(answer.json["detail"], str)


# -- Fields --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": None}, "kind"),
        ({"kind": "batch"}, "kind"),
        ({"request": None}, "request"),
        ({"request": []}, "request"),
        ({"request": "text"}, "request"),
        ({"tools": ["get_order", "no_such_tool"]}, "tools.1"),
        ({"tools": [1]}, "tools.0"),
        ({"tools": "get_order"}, "tools"),
        ({"tools": ["get_order"] * 129}, "tools"),
        ({"deadline_seconds": 0}, "deadline_seconds"),
        ({"deadline_seconds": 30 * 86_400 + 1}, "deadline_seconds"),
        ({"deadline_seconds": 1.5}, "deadline_seconds"),
        ({"deadline_seconds": "600"}, "deadline_seconds"),
        ({"deadline_seconds": 10**400}, "deadline_seconds"),
        ({"max_turns": 0}, "max_turns"),
        ({"max_turns": -1}, "max_turns"),
        ({"max_turns": 1001}, "max_turns"),
        ({"max_turns": True}, "max_turns"),
        ({"max_turns": None}, "max_turns"),
        ({"metadata": []}, "metadata"),
        ({"metadata": {"a": 1}}, "metadata.a"),
        ({"metadata": {"path": None}}, "metadata.path"),
        ({"metadata": {"a": "v" * 513}}, "metadata.a"),
        ({"metadata": {"k" * 65: "v"}}, f"metadata.{'k' * 65}"),
        ({"metadata": {"": "v"}}, "metadata."),
        ({"metadata": {"[key]": 1}}, "metadata.[key]"),
        ({"metadata": {"runrelay_run_id": "mine"}}, "metadata.runrelay_run_id"),
        ({"metadata": {"runrelay_turn": "1"}}, "metadata.runrelay_turn"),
        ({"metadata": {f"k{n}": "v" for n in range(15)}}, "metadata"),
        ({"request": {**REQUEST, "metadata": {f"k{n}": "v" for n in range(15)}}}, "metadata"),
        ({"request": {**REQUEST, "metadata": {"runrelay_turn": "1"}}}, "request.metadata.runrelay_turn"),
        ({"metadata": {"a": "x"}, "request": {**REQUEST, "metadata": {"a": "x"}}}, "metadata.a"),
        ({"request": {**REQUEST, "metadata": {"a": 1}}}, "request.metadata"),
        ({"request": {**REQUEST, "metadata": {"k" * 65: "v"}}}, "request.metadata"),
        ({"request": {**REQUEST, "metadata": {"a": None}}}, "request.metadata"),
        ({"request": {**REQUEST, "tools": None}}, "request.tools"),
        ({"request": {**REQUEST, "tool_choice": None}}, "request.tool_choice"),
        ({"tools": None}, "tools"),
        ({"metadata": None}, "metadata"),
        ({"deadline_seconds": None}, "deadline_seconds"),
        ({"request": {**REQUEST, "background": False}}, "request.background"),
        ({"request": {**REQUEST, "background": 1}}, "request.background"),
        ({"request": {**REQUEST, "store": False}}, "request.store"),
        ({"request": {**REQUEST, "stream": True}}, "request.stream"),
        ({"request": {**REQUEST, "input": "\ud800"}}, "request"),
        ({"request": {"\ud800": 1}}, "request"),
        ({"request": {**REQUEST, "tools": {}}}, "request.tools"),
        ({"request": {**REQUEST, "metadata": {"a": "\ud800"}}}, "request"),
        ({"metadata": {"a": "\ud800"}}, "metadata.a"),
        ({"metadata": {"\ud800": "a"}}, "metadata.\ufffd\ufffd\ufffd"),
        ({"unknown": 1}, "unknown"),
        ({"body": 1}, "body"),
    ],
    ids=lambda value: (json.dumps(value) if isinstance(value, dict) else value)[:60],
)
def test_a_wrong_field_is_named(aws, api, change: dict[str, Any], field: str):
    answer = api.post("/runs", {**WANTED, **change})

    assert_problem(answer, 422)
    assert field in [error["field"] for error in answer.json["errors"]]
    assert field in answer.json["detail"]
    assert queued(aws) == []


@pytest.mark.parametrize("missing", ["kind", "request"])
def test_a_missing_field_is_named(api, missing: str):
    answer = api.post("/runs", {name: value for name, value in WANTED.items() if name != missing})

    assert_problem(answer, 422)
    assert answer.json["errors"] == [{"field": missing, "message": "Field required"}]


def test_every_wrong_field_is_named(api):
    answer = api.post("/runs", {"kind": "batch", "tools": ["nope"], "max_turns": 0, "other": 1})

    named = [error["field"] for error in answer.json["errors"]]
    assert named == ["kind", "request", "tools.0", "max_turns", "other"]


def test_every_rule_that_is_broken_is_named_beside_the_wrong_fields(api):
    pairs = {"a": "1", "b": "2", "runrelay_turn": "1"}
    request = {"background": False, "store": False, "stream": True, "tools": None, "metadata": pairs}

    answer = api.post("/runs", {**WANTED, "request": request, "max_turns": 0})

    named = [error["field"] for error in answer.json["errors"]]
    assert sorted(named) == [
        *("max_turns", "request.background", "request.metadata.runrelay_turn", "request.store"),
        *("request.stream", "request.tools"),
    ]


def test_every_pair_of_metadata_that_stands_twice_is_named(api):
    request = {**REQUEST, "metadata": {"a": "1", "b": "2", "c": "3"}}

    answer = api.post("/runs", {**WANTED, "request": request, "metadata": {"a": "1", "b": "5", "d": "4"}})

    assert_problem(answer, 422)
    assert [error["field"] for error in answer.json["errors"]] == ["metadata.a", "metadata.b"]


def _pairs(count: int) -> dict[str, str]:
    return {f"k{number}": "v" for number in range(count)}


@pytest.mark.parametrize(
    ("request_change", "metadata", "named"),
    [
        ({"store": False, "metadata": {"a": "1"}}, {"a": "1"}, ["metadata.a", "request.store"]),
        ({"metadata": {"a": "1"}}, {"a": "1", "b": 2}, ["metadata.a", "metadata.b"]),
        ({"metadata": {"a": 1}}, {"a": "1"}, ["metadata.a", "request.metadata"]),
        ({"store": False, "metadata": _pairs(15)}, {}, ["metadata", "request.store"]),
        ({"store": False, "metadata": _pairs(14)}, {"a": "1"}, ["metadata", "request.store"]),
        ({"metadata": {}}, {**_pairs(14), "a": 1}, ["metadata", "metadata.a"]),
    ],
    ids=["doubled", "beside a wrong value", "a wrong value", "too many", "too many together", "and wrong"],
)
def test_a_rule_of_all_metadata_is_named_whatever_else_is_wrong(api, request_change, metadata, named):
    request = {**REQUEST, **request_change}

    answer = api.post(
        "/runs", {**WANTED, "request": request, "metadata": metadata, "max_turns": 0, "what": 1}
    )

    assert_problem(answer, 422)
    assert sorted(error["field"] for error in answer.json["errors"]) == sorted([*named, "max_turns", "what"])


def test_an_answer_names_a_hundred_fields_and_stays_short(api):
    unknown = {f"unknown_{number}": 1 for number in range(100_000)} | {"k" * 1_000_000: 1}

    answer = api.post("/runs", {**WANTED, **unknown})

    assert_problem(answer, 422)
    assert len(answer.json["errors"]) == 100
    assert "and 99901 more" in answer.json["detail"]
    assert len(json.dumps(answer.body)) < 500_000


@pytest.mark.parametrize("key", ["k" * 256, ""])
def test_a_key_of_the_wrong_length_is_refused(api, key: str):
    answer = api.send(
        "POST", "/runs", body=json.dumps(WANTED).encode(), headers={**JSON, "Idempotency-Key": key}
    )

    assert_problem(answer, 422)
    assert [error["field"].lower() for error in answer.json["errors"]] == ["idempotency-key"]


# -- Bodies --------------------------------------------------------------------------------------

DEEP = b'{"a":' * MAX_NESTING + b"1" + b"}" * MAX_NESTING


@pytest.mark.parametrize(
    "body",
    [
        b"not json",
        b'{"kind": "response"',
        b'{"kind": "response", "request": {"temperature": NaN}}',
        b'{"kind": "response", "request": {"temperature": 1e999}}',
        b'{"kind": "response", "request": {"temperature": ' + b"9" * 5000 + b"}}",
        b'{"kind": "response", "request": ' + DEEP + b"}",
        b"[" * 10_000 + b"]" * 10_000,
        b"[" * 100_000,
        b"\xef\xbb\xbf{}",
    ],
    ids=lambda body: body[:60].decode(errors="replace"),
)
def test_a_body_that_is_no_json_we_can_keep_is_a_400(api, body: bytes):
    assert_problem(api.send("POST", "/runs", body=body, headers=JSON), 400)


@pytest.mark.parametrize(
    ("inner", "field", "limit"),
    [
        ('{"temperature": 1e999}', "request.temperature", "1.8e308"),
        ('{"a": [{"b": -1e999}]}', "request.a.0.b", "1.8e308"),
        ('{"temperature": NaN}', "request.temperature", "NaN"),
        ('{"seed": ' + "9" * 5000 + "}", "request.seed", "5000 digits, and at most 4300"),
        ('{"input": ' + "[" * 300 + "]" * 300 + "}", "request.input.0", "deeper than 100 levels"),
        ('{"input": ' + "[" * 100_000 + "]" * 100_000 + "}", "request.input.0", "deeper than 100 levels"),
    ],
    ids=lambda text: text[:30],
)
def test_what_no_json_can_keep_is_named_with_its_limit(aws, api, inner: str, field: str, limit: str):
    body = f'{{"kind": "response", "request": {inner}}}'.encode()

    answer = api.send("POST", "/runs", body=body, headers=JSON)

    (error,) = answer.json["errors"]
    assert_problem(answer, 400)
    assert (error["field"], limit in error["message"]) == (field, True)
    assert answer.json["detail"] == f"{field}: {error['message']}"


def test_of_very_many_faults_some_are_looked_for(api):
    answer = api.send("POST", "/runs", body=b"[" + b"1e999," * 1500 + b"1]", headers=JSON)

    assert_problem(answer, 400)
    assert answer.json["detail"].endswith("; and 900 more")


def test_a_body_that_is_no_json_is_told_where(api):
    answer = api.send("POST", "/runs", body=b'{"kind": "response",\n}', headers=JSON)

    assert_problem(answer, 400)
    assert "line 1, column 20" in answer.json["detail"]


def test_every_key_that_stands_twice_is_named(aws, api):
    body = b"""{"kind": "session", "kind": "response", "request": {"model": "m", "input": "a", "input": "b"},
        "metadata": {"a": "1", "a": "1"}}"""

    answer = api.send("POST", "/runs", body=body, headers=JSON)

    assert_problem(answer, 422)
    assert [error["field"] for error in answer.json["errors"]] == ["kind", "request.input", "metadata.a"]
    assert queued(aws) == []


def test_a_list_is_not_taken_for_what_is_in_it(aws, api):
    answer = api.post("/runs", [WANTED])

    assert_problem(answer, 422)
    assert (answer.json["errors"], queued(aws)) == ([{"field": "body", "message": "must be an object"}], [])


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b'[{"kind": "response"}]', b'"text"', b"1", b"true"])
def test_a_body_that_is_no_object_is_a_422(api, body: bytes):
    answer = api.send("POST", "/runs", body=body, headers=JSON)

    assert_problem(answer, 422)
    assert answer.json["errors"]


@pytest.mark.parametrize("raw", ["not base64!", "QUJD=", "/////w==", "ünïcödé"])
def test_a_body_that_is_not_base64_or_not_utf8_is_a_400(api, raw: str):
    event = proxy_event("POST", "/runs", headers=JSON.items())

    assert_problem(api.answer(event | {"body": raw, "isBase64Encoded": True}), 400)


def test_a_body_that_api_gateway_encoded_is_read(api):
    raw = base64.b64encode(json.dumps(WANTED).encode()).decode()
    event = proxy_event("POST", "/runs", headers=JSON.items())

    assert api.answer(event | {"body": raw, "isBase64Encoded": True}).status == 202


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "a/b"],
)
def test_a_body_that_says_it_is_not_json_is_a_415(api, content_type: str):
    body = json.dumps(WANTED).encode()

    assert_problem(api.send("POST", "/runs", body=body, headers={"Content-Type": content_type}), 415)


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "APPLICATION/JSON", None])
def test_a_body_that_says_it_is_json_or_says_nothing_is_read(api, content_type: str | None):
    headers = {"Content-Type": content_type} if content_type else {}

    assert api.send("POST", "/runs", body=json.dumps(WANTED).encode(), headers=headers).status == 202


SESSION = {"agent": {"model": "gpt-6-astra"}, "input": "hello"}
THREAD = {"assistant_id": "asst_1", "thread": {"messages": []}}


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        ({**SESSION, "stream": True}, "request.stream"),
        ({**SESSION, "stream": None}, "request.stream"),
        ({"input": "hello"}, "request.agent"),
        ({**SESSION, "agent": None}, "request.agent"),
        ({**SESSION, "agent": "agent_1"}, "request.agent"),
        ({**SESSION, "agent": {"tools": {}}}, "request.agent.tools"),
        ({**SESSION, "agent_id": ""}, "request.agent_id"),
        ({**SESSION, "agent_id": None}, "request.agent_id"),
        ({"agent_id": "agent_1", "agent": [], "input": "hello"}, "request.agent"),
        ({"agent_id": "agent_1"}, "request.input"),
        ({**SESSION, "input": None}, "request.input"),
        ({"agent_id": "agent_1", "environment": {"type": "none"}}, "request.input"),
        ({"agent_id": "agent_1", "environment": None}, "request.input"),
        ({**SESSION, "environment": None}, "request.environment"),
        ({**SESSION, "agent": {"model": None}}, "request.agent.model"),
        ({**SESSION, "metadata": {"runrelay_turn": "1"}}, "request.metadata.runrelay_turn"),
    ],
    ids=lambda value: (json.dumps(value) if isinstance(value, dict) else value)[:70],
)
def test_a_wrong_field_of_a_session_is_named(aws, api, request_: dict[str, Any], field: str):
    answer = api.post("/runs", {"kind": "session", "request": request_})

    assert_problem(answer, 422)
    assert field in [error["field"] for error in answer.json["errors"]]
    assert queued(aws) == []


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        ({**THREAD, "stream": True}, "request.stream"),
        ({"thread": {}}, "request.assistant_id"),
        ({"thread_id": "thread_1"}, "request.assistant_id"),
        ({**THREAD, "assistant_id": None}, "request.assistant_id"),
        ({**THREAD, "assistant_id": " "}, "request.assistant_id"),
        ({"assistant_id": "asst_1", "thread_id": ""}, "request.thread_id"),
        ({"assistant_id": "asst_1", "thread_id": 7}, "request.thread_id"),
        ({"assistant_id": "asst_1", "thread_id": "thread_x/y"}, "request.thread_id"),
        ({**THREAD, "thread_id": "thread_1"}, "request.thread"),
        ({**THREAD, "tools": "all"}, "request.tools"),
        ({**THREAD, "thread": None}, "request.thread"),
        ({**THREAD, "thread": "text"}, "request.thread"),
        ({**THREAD, "thread_id": None}, "request.thread_id"),
        ({**THREAD, "thread": {"messages": None}}, "request.thread.messages"),
        ({**THREAD, "thread": {"metadata": {"a": 1}}}, "request.thread.metadata"),
        ({**THREAD, "thread": {"metadata": {f"k{n}": "v" for n in range(16)}}}, "request.thread.metadata"),
        (
            {**THREAD, "thread": {"metadata": {"runrelay_run_id": "mine"}}},
            "request.thread.metadata.runrelay_run_id",
        ),
        ({**THREAD, "metadata": {"runrelay_run_id": "mine"}}, "request.metadata.runrelay_run_id"),
    ],
    ids=lambda value: (json.dumps(value) if isinstance(value, dict) else value)[:70],
)
def test_a_wrong_field_of_a_thread_run_is_named(aws, api, request_: dict[str, Any], field: str):
    answer = api.post("/runs", {"kind": "thread", "request": request_})

    assert_problem(answer, 422)
    assert field in [error["field"] for error in answer.json["errors"]]
    assert queued(aws) == []


@pytest.mark.parametrize("size", [MAX_BODY_BYTES + 1, 6 * 1024 * 1024])
@pytest.mark.parametrize("is_base64_encoded", [False, True])
def test_a_body_that_is_too_large_is_a_413(api, size: int, is_base64_encoded: bool):
    body = json.dumps(WANTED).encode().ljust(size)
    event = proxy_event("POST", "/runs", headers=JSON.items(), body=body)
    if is_base64_encoded:
        event |= {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}

    answer = api.answer(event)

    assert_problem(answer, 413)
    assert f"{size:,} bytes, and at most 5,242,880 (5 MB)" in answer.json["detail"]


def test_a_body_of_the_largest_size_is_read(api):
    body = json.dumps(WANTED).encode().ljust(MAX_BODY_BYTES)

    assert api.send("POST", "/runs", body=body, headers=JSON).status == 202


# -- Routes --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/nothing"),
        ("PUT", "/nothing"),
        ("GET", "/runs/run_01JDZ3V8W8Q5Z8Q5Z8Q5Z8Q5Z8/nothing"),
        ("POST", "/runs/run_01JDZ3V8W8Q5Z8Q5Z8Q5Z8Q5Z8/calls//decision"),
        ("POST", "/runs/run_01JDZ3V8W8Q5Z8Q5Z8Q5Z8Q5Z8/calls/call_1/nothing"),
        ("GET", "/"),
    ],
)
def test_a_route_that_is_not_there_is_a_404(api, method: str, path: str):
    assert_problem(api.send(method, path), 404)


ROUTES = {
    "/runs": "GET, POST",
    "/runs/run_01JDZ3V8W8Q5Z8Q5Z8Q5Z8Q5Z8": "DELETE, GET",
    "/runs/mine": "DELETE, GET",
    "/runs/run_01JDZ3V8W8Q5Z8Q5Z8Q5Z8Q5Z8/events": "GET",
    "/runs/run_01JDZ3V8W8Q5Z8Q5Z8Q5Z8Q5Z8/cancel": "POST",
    "/runs/run_01JDZ3V8W8Q5Z8Q5Z8Q5Z8Q5Z8/calls/a/b/decision": "POST",
    "/runs/run_01JDZ3V8W8Q5Z8Q5Z8Q5Z8Q5Z8/calls/call_1/output": "POST",
    "/openapi.json": "GET",
}


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE"])
@pytest.mark.parametrize(("path", "allowed"), ROUTES.items())
def test_a_method_that_a_route_has_not_is_a_405_that_says_which_it_has(
    api, method: str, path: str, allowed: str
):
    answer = api.send(method, path, body=b"text", headers={"Content-Type": "text/plain"})

    assert (answer.status == 405) is (method not in allowed)
    if answer.status == 405:
        assert_problem(answer, 405)
        assert answer.headers["allow"] == allowed


def test_the_schema_has_the_methods_that_the_routes_take(api):
    schema = api.get("/openapi.json").json["paths"]

    for path, operations in schema.items():
        answer = api.send("TRACE", path.replace("{run_id}", "run_1").replace("{call_id}", "call_1"))
        assert answer.headers["allow"] == ", ".join(sorted(map(str.upper, operations)))


RUN = "/runs/run_01JDZ3V8W8Q5Z8Q5Z8Q5Z8Q5Z8"


@pytest.mark.parametrize(
    ("method", "url", "named"),
    [
        ("GET", "/runs?state=completed&page=2", ["state", "page"]),
        ("GET", "/runs?Status=completed", ["Status"]),
        ("GET", "/runs?kind=thread&kind=session", ["kind"]),
        ("GET", "/runs?status=completed&status=nothing,failed", ["status"]),
        ("GET", "/runs?since=yesterday&until=2026-11-21T09:30:00", ["since", "until"]),
        ("GET", "/runs?subject=", ["subject"]),
        ("GET", f"/runs?subject={'x' * 257}", ["subject"]),
        ("GET", "/runs?limit=0&page=2", ["limit", "page"]),
        ("GET", "/runs?status=nothing&limit=x&page", ["status", "limit", "page"]),
        ("GET", "/runs?limit=", ["limit"]),
        ("GET", "/runs?=1", [""]),
        ("GET", "/runs?%C3%A9=1", ["é"]),
        ("POST", "/runs?dry_run=true", ["dry_run"]),
        ("GET", f"{RUN}?verbose=1", ["verbose"]),
        ("GET", f"{RUN}/events?limit=5", ["limit"]),
        ("POST", f"{RUN}/cancel?reason=x", ["reason"]),
        ("POST", f"{RUN}/calls/call_1/decision?approve=true", ["approve"]),
        ("POST", f"{RUN}/calls/call_1/output?output=x", ["output"]),
        ("GET", "/openapi.json?pretty", ["pretty"]),
    ],
)
def test_every_query_parameter_that_a_route_does_not_know_is_named(
    aws, api, method: str, url: str, named: list[str]
):
    path, _, query = url.partition("?")
    bodies = {"/runs": WANTED, f"{RUN}/calls/call_1/decision": {"approve": True}}
    body = json.dumps(bodies.get(path, {"output": "x"})).encode() if method == "POST" else b""

    answer = api.send(method, path, query=query, body=body, headers=JSON)

    assert_problem(answer, 422)
    assert list(dict.fromkeys(error["field"] for error in answer.json["errors"])) == named
    assert queued(aws) == []


@pytest.mark.parametrize(
    ("path", "known"),
    [
        ("/runs", "status, kind, subject, since, until, limit, cursor"),
        (RUN, "include"),
        (f"{RUN}/events", "nothing"),
    ],
)
def test_what_the_query_may_have_is_told(api, path: str, known: str):
    answer = api.get(path, "page=2")

    assert answer.json["errors"] == [{"field": "page", "message": f"unknown; the query may have {known}"}]


# -- What nobody foresaw -------------------------------------------------------------------------


def test_an_unforeseen_error_tells_the_client_nothing_and_the_log_where(api, deployed: Deployed):
    words = "secret words of the request"

    def break_down(_request: Any) -> None:
        raise RuntimeError(words)

    deployed.faults["PutItem"] = break_down

    answer = api.post("/runs", {**WANTED, "metadata": {"private": "private words"}})

    (line,) = deployed.log_lines
    assert_problem(answer, 500)
    assert answer.json["detail"] == "something went wrong here"
    assert (line["level"], line["message"], line["error"]) == ("ERROR", "request failed", "RuntimeError")
    assert any("starting.py" in where for where in line["where"])
    assert words not in answer.body + deployed.output.getvalue()


def test_a_mistake_of_a_client_is_no_error_of_ours(api, deployed: Deployed):
    assert api.post("/runs", {}).status == 422
    assert api.get("/runs", "limit=0").status == 422
    assert api.get("/runs/run_01JDZ3V8W8Q5Z8Q5Z8Q5Z8Q5Z8").status == 404
    assert deployed.log_lines == []


def test_nothing_private_is_logged(api, deployed: Deployed):
    api.post("/runs", {**WANTED, "metadata": {"private": "private words"}}, key="private key")
    api.post("/runs", {**WANTED, "metadata": {"private": 7}, "private words": 1}, key="private key")
    deployed.faults["SendMessage"] = RuntimeError("private words")
    api.post("/runs", {**WANTED, "metadata": {"private": "private words"}}, key="private key")

    assert "private" not in deployed.output.getvalue()

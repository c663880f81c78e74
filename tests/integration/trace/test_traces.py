"""Each run is one trace, made when it ends: what a backend is really sent."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest
from contracts import instant
from contracts.items import from_item, to_item
from contracts.records import Call, DeletedRequest, RunRequest
from contracts.status import KINDS
from contracts.trace_context import call_span
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as service
from opentelemetry.proto.trace.v1 import trace_pb2 as trace

from tests.harness import announced
from tests.harness.scenario import ENDLESS, calling, failing, saying
from tests.harness.template import physical_name
from tests.harness.trace_backend import Backend, attributes, receiving
from tests.harness.world import ENDINGS, World

GET = ("get_order", {"order_id": "tulip-1"})
LARGE = ("refund_order", {"order_id": "tulip-2", "cents": 500_000})
MISSING = ("get_order", {"order_id": "missing-tulip"})
TOOLS = ["get_order", "refund_order", "ask_warehouse"]
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
OK = trace.Status.STATUS_CODE_UNSET
ERROR = trace.Status.STATUS_CODE_ERROR


@pytest.fixture
def backend(world: World) -> Iterator[Backend]:
    """A backend that the world's function sends traces to."""
    with receiving() as backend, world.settings("trace", OTLP_ENDPOINT=backend.url):
        yield backend


def ends(world: World) -> list[dict[str, Any]]:
    """Give the events that the function's rule lets through."""
    sent = announced.sent(world.wire.exchanges)
    return [
        event
        for event in sent
        if event["detail-type"] == "Run Status Changed" and event["detail"]["status"] in ENDINGS
    ]


def traced(world: World, backend: Backend) -> list[Any]:
    """Tell the function of the last end, and give the spans that it has sent."""
    world.trace(ends(world)[-1])
    return backend.received[-1].spans


def by_name(spans: list[Any]) -> dict[str, Any]:
    return {span.name: span for span in spans}


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_is_one_trace_of_its_turns_and_calls(world: World, backend: Backend, kind):
    run_id = world.start(calling(GET), saying("done"), kind=kind, tools=TOOLS)
    world.run_to_end(run_id)
    run = world.run(run_id)

    root, *below = traced(world, backend)

    [received] = backend.received
    assert (received.path, received.headers["content-type"]) == ("/v1/traces", "application/x-protobuf")
    assert received.resource == {"service.name": "runrelay"}
    model = "" if kind == "thread" else " gpt-6-astra"
    assert [span.name for span in below] == [f"chat{model}", "execute_tool get_order", f"chat{model}"]
    assert {span.trace_id for span in below} == {root.trace_id}
    assert {span.parent_span_id for span in below} == {root.span_id}
    assert len({span.span_id for span in (root, *below)}) == 4
    assert (root.name, root.parent_span_id, root.status.code) == ("invoke_agent", b"", OK)
    told = attributes(root.attributes)
    assert told["gen_ai.usage.output_tokens"] > 0
    assert (told["runrelay.run.id"], told["runrelay.run.status"]) == (run_id, "completed")
    for span in below:
        assert root.start_time_unix_nano <= span.start_time_unix_nano
        assert span.start_time_unix_nano <= span.end_time_unix_nano <= root.end_time_unix_nano
    call = by_name(below)["execute_tool get_order"]
    assert attributes(call.attributes) == {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "get_order",
        "gen_ai.tool.call.id": run["calls"][0]["call_id"],
        "gen_ai.tool.type": "function",
        "runrelay.run.id": run_id,
        "runrelay.turn.number": 1,
        "runrelay.call.outcome": "succeeded",
        "runrelay.call.effect": "pure",
        "runrelay.call.executor": "tools",
        "runrelay.call.attempts": 1,
    }
    chats = [attributes(span.attributes) for span in below if span.name.startswith("chat")]
    assert [each["runrelay.turn.number"] for each in chats] == [1, 2]
    assert {(each["gen_ai.operation.name"], each["gen_ai.provider.name"]) for each in chats} == {
        ("chat", "openai")
    }
    if kind == "response":  # the others tell their tokens at the end
        assert all(each["gen_ai.usage.input_tokens"] > 0 for each in chats)


def test_a_trace_made_twice_is_the_same_trace(world: World, backend: Backend):
    run_id = world.start(calling(GET, LARGE), saying("done"), tools=TOOLS)
    world.run_to_end(run_id)

    traced(world, backend)
    world.clock.skip(1000)
    world.start_anew()
    traced(world, backend)

    first, second = backend.received
    assert first.body == second.body


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_that_failed_is_a_trace_that_says_so_in_a_word(world: World, backend: Backend, kind):
    world.run_to_end(world.start(failing("some_code", "I broke at a tulip."), kind=kind))

    root, turn = traced(world, backend)

    assert (root.status.code, turn.status.code) == (ERROR, ERROR)
    assert attributes(root.attributes)["error.type"] == "some_code"


def test_a_run_that_is_cancelled_at_work_is_a_trace_with_its_unfinished_call(world: World, backend: Backend):
    run_id = world.start(calling(LARGE), saying("done"), tools=TOOLS)
    world.step_until(lambda: world.run(run_id)["status"] == "requires_action")
    world.request("POST", f"/runs/{run_id}/cancel")
    world.run_to_end(run_id)

    spans = by_name(traced(world, backend))

    assert attributes(spans["invoke_agent"].attributes)["error.type"] == "cancelled"
    assert attributes(spans["execute_tool refund_order"].attributes)["runrelay.call.outcome"] == "denied"


def test_a_turn_that_never_ended_is_told_as_far_as_it_went(world: World, backend: Backend):
    run_id = world.start(ENDLESS, deadline_seconds=60)
    world.run_to_end(run_id)

    root, turn = traced(world, backend)

    assert attributes(turn.attributes)["error.type"] == "unfinished"
    assert turn.end_time_unix_nano == root.end_time_unix_nano


def test_a_turn_that_was_begun_again_has_a_span_for_each_time(world: World, backend: Backend):
    world.run_to_end(world.start(failing("server_error"), failing("server_error")))

    _, *turns = traced(world, backend)

    assert [attributes(turn.attributes)["runrelay.turn.number"] for turn in turns] == [1, 1]
    assert len({turn.span_id for turn in turns}) == 2
    assert {attributes(turn.attributes)["error.type"] for turn in turns} == {"server_error"}


def test_a_decision_of_a_person_is_told_by_its_moments(world: World, backend: Backend):
    run_id = world.start(calling(LARGE), saying("done"), tools=TOOLS)
    world.step_until(lambda: any(each["wait_until"] for each in world.run(run_id)["calls"]))
    [call] = world.run(run_id)["calls"]
    path = f"/runs/{run_id}/calls/{call['call_id']}/decision"
    world.request("POST", path, {"approve": True, "reason": "A tulip."})
    world.run_to_end(run_id)

    span = by_name(traced(world, backend))["execute_tool refund_order"]

    assert [event.name for event in span.events] == ["decision_asked", "call_decided", "call_started"]
    assert attributes(span.attributes)["runrelay.call.decision"] == "approved"
    assert b"tulip" not in backend.received[-1].body  # what was decided, and not why


def test_nothing_that_was_said_is_in_a_trace(world: World, backend: Backend):
    run_id = world.start(
        calling(GET, MISSING, LARGE),
        saying("tulip"),
        tools=TOOLS,
        metadata={"flower": "tulip"},
        request={"model": "gpt-6-astra", "input": "Which tulip?"},
    )
    world.run_to_end(run_id)
    traced(world, backend)

    assert b"tulip" not in backend.received[-1].body


def test_the_traceparent_of_the_start_is_the_parent_and_tools_get_one_of_their_own(
    world: World, backend: Backend
):
    body = {"kind": "response", "request": {"model": "gpt-6-astra", "input": "hello"}, "tools": TOOLS}
    scenario = world.simulator.put_scenario([calling(GET), saying("done")])
    answer = world.request(
        "POST", "/runs", body | {"metadata": {"scenario": scenario}}, headers=[("traceparent", PARENT)]
    )
    world.run_to_end(json.loads(answer["body"])["run_id"])

    root, *below = traced(world, backend)

    assert (root.trace_id.hex(), root.parent_span_id.hex()) == tuple(PARENT.split("-")[1:3])
    assert {span.trace_id for span in below} == {root.trace_id}
    [call] = [from_item(Call, item) for item in world.items() if item["sk"]["S"].startswith("call#")]
    span = by_name(below)["execute_tool get_order"]
    assert str(call_span(call)) == f"00-{span.trace_id.hex()}-{span.span_id.hex()}-01"


@pytest.mark.parametrize(
    "wrong", ["", "tulip", PARENT[:-1], PARENT.upper(), f"{PARENT}-more", "00-" + "0" * 32 + PARENT[35:]]
)
def test_a_traceparent_that_breaks_the_rules_is_passed_over(world: World, backend: Backend, wrong):
    body = {"kind": "response", "request": {"model": "gpt-6-astra", "input": "hello"}}
    answer = world.request("POST", "/runs", body, headers=[("traceparent", wrong)])
    assert answer["statusCode"] == 202
    world.run_to_end(json.loads(answer["body"])["run_id"])

    root, *_ = traced(world, backend)

    assert root.parent_span_id == b""


def test_a_trace_that_its_beginner_does_not_keep_is_not_sent(world: World, backend: Backend):
    body = {"kind": "response", "request": {"model": "gpt-6-astra", "input": "hello"}}
    answer = world.request("POST", "/runs", body, headers=[("traceparent", f"{PARENT[:-2]}00")])
    world.run_to_end(json.loads(answer["body"])["run_id"])

    world.trace(ends(world)[-1])

    assert backend.received == []


def test_a_run_that_is_not_there_is_no_trace(world: World, backend: Backend):
    world.trace({"detail": {"run_id": "run_of_another_stack"}})

    assert backend.received == []
    assert "no trace made" in world.output("trace")


@pytest.mark.parametrize("key", [None, "order-1"], ids=["without a key", "with a key"])
def test_a_run_that_was_deleted_meanwhile_is_no_trace(world: World, backend: Backend, key):
    run_id = world.start(saying("done"), idempotency_key=key)
    world.run_to_end(run_id)
    world.request("DELETE", f"/runs/{run_id}")
    world.settle()

    world.trace(ends(world)[-1])

    assert backend.received == []
    assert "no trace made" in world.output("trace")


@pytest.mark.parametrize("left", ["nothing", "a buried one", "another run's", "one that cannot be read"])
def test_a_run_whose_request_is_gone_is_a_trace_without_a_model(world: World, backend: Backend, left):
    run_id = world.start(saying("done"), idempotency_key="order-1")
    world.run_to_end(run_id)
    [item] = [each for each in world.items() if each["sk"]["S"] == "request"]
    request = from_item(RunRequest, item)
    dynamodb, table = boto3.client("dynamodb"), physical_name("RunTable")
    match left:
        case "nothing":
            dynamodb.delete_item(TableName=table, Key={name: item[name] for name in ("pk", "sk")})
        case "a buried one":
            buried = DeletedRequest(request.request_key, run_id, instant.now())
            dynamodb.put_item(TableName=table, Item=to_item(buried))
        case "another run's":
            dynamodb.put_item(TableName=table, Item=to_item(replace(request, run_id="run_other")))
        case _:
            dynamodb.put_item(TableName=table, Item={**item, "format": {"N": "2"}})

    root, turn = traced(world, backend)

    assert attributes(root.attributes)["runrelay.run.id"] == run_id
    assert turn.name == "chat"


# -- The backend ----------------------------------------------------------------------------------------


def names(world: World) -> list[str]:
    lines = [json.loads(line) for line in world.output("trace").splitlines()]
    return [name for line in lines for name in line if name.startswith("Trace")]


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_backend_that_is_busy_is_sent_the_same_again_by_lambda(world: World, backend: Backend, status):
    world.run_to_end(world.start(saying("done")))
    backend.answers.append((status, b""))

    with pytest.raises(Exception, match="did not take"):
        world.trace(ends(world)[-1])
    world.trace(ends(world)[-1])

    assert len({each.body for each in backend.received}) == 1
    assert names(world) == ["TraceNotSent", "TraceSent"]


@pytest.mark.parametrize("status", [400, 401, 404, 413, 500])
def test_a_backend_that_refuses_is_not_asked_again(world: World, backend: Backend, status):
    world.run_to_end(world.start(saying("done")))
    backend.answers.append((status, b"a tulip"))

    world.trace(ends(world)[-1])

    assert names(world) == ["TraceNotSent"]
    assert "tulip" not in world.output("trace")


def test_spans_that_a_backend_drops_are_counted_as_not_sent(world: World, backend: Backend):
    partial = service.ExportTracePartialSuccess(rejected_spans=1, error_message="a tulip")
    backend.answers.append(
        (200, service.ExportTraceServiceResponse(partial_success=partial).SerializeToString())
    )
    world.run_to_end(world.start(saying("done")))

    world.trace(ends(world)[-1])

    assert names(world) == ["TraceNotSent"]


def test_a_backend_that_is_not_there_is_tried_again_by_lambda(world: World):
    world.run_to_end(world.start(saying("done")))

    with (
        world.settings("trace", OTLP_ENDPOINT="http://127.0.0.1:9"),
        pytest.raises(Exception, match="did not take"),
    ):
        world.trace(ends(world)[-1])

    assert names(world) == ["TraceNotSent"]


def test_headers_come_out_of_their_secret_and_are_read_again_when_they_are_refused(
    world: World, backend: Backend
):
    secrets = boto3.client("secretsmanager")
    secrets.create_secret(Name="otlp", SecretString="x-key=old%2C1, x-set=a")
    world.run_to_end(world.start(saying("done")))

    with world.settings("trace", OTLP_ENDPOINT=backend.url, OTLP_HEADERS_SECRET_NAME="otlp"):
        world.trace(ends(world)[-1])
        secrets.put_secret_value(SecretId="otlp", SecretString="x-key=new")
        backend.answers.append((401, b""))
        world.trace(ends(world)[-1])

    assert [each.headers.get("x-key") for each in backend.received] == ["old,1", "old,1", "new"]
    assert backend.received[0].headers["x-set"] == "a"
    assert "new" not in world.output("trace")

"""A run that a client has deleted is gone, here and at the provider; nothing that is late brings it back."""

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from contracts.items import run_key, to_item
from contracts.records import Alias
from contracts.status import KINDS

from tests.harness.queues import content
from tests.harness.scenario import ENDLESS, calling, saying
from tests.harness.template import physical_name
from tests.harness.traces import payload_keys, traces_of
from tests.harness.wire import Answer, Fault, Request, at_first
from tests.harness.world import World
from tests.integration.worker.traffic import announced, counted, receive

CANARY = "kiebitz"
LONG = f"{CANARY} " * 20_000
"""Longer than an item takes: it goes to the payload bucket."""

MISSING = ("get_order", {"order_id": f"missing-{CANARY}"})
"""What its tool says then, and its traceback, name the order."""

GET = ("get_order", {"order_id": f"{CANARY}-1"})
EMAIL = ("send_email", {"to": f"{CANARY}@example.org", "subject": CANARY, "body": LONG})
QUESTION = ("ask_warehouse", {"question": CANARY})
TOOLS = ["get_order", "send_email", "ask_warehouse"]
LAST_PASS_SECONDS = 900
NOTHING = Answer(200, {"object": "list", "data": [], "has_more": False})


def request_of(world: World, kind: str) -> dict[str, Any]:
    match kind:
        case "session":
            return {"agent": {"model": "gpt-6-astra", "instructions": CANARY}, "input": LONG}
        case "thread":
            thread = {"messages": [{"role": "user", "content": LONG}]}
            return {
                "assistant_id": world.ask_openai("/assistants", {"model": "gpt-6-astra"})["id"],
                "thread": thread,
            }
        case _:
            return {"model": "gpt-6-astra", "input": LONG}


def start(world: World, kind: str, *turns: dict[str, Any], **wanted: Any) -> str:
    return world.start(
        *turns,
        kind=kind,
        **{"request": request_of(world, kind), "metadata": {CANARY: CANARY}, "tools": TOOLS, **wanted},
    )


def a_run_of(world: World, kind: str, **wanted: Any) -> str:
    """Play a run in which the canary is everywhere, to its end."""
    run_id = start(world, kind, calling(MISSING, EMAIL, QUESTION), saying(LONG), **wanted)
    world.step_until(lambda: world.run(run_id)["status"] == "requires_action")
    call = next(each for each in world.run(run_id)["calls"] if each["name"] == "ask_warehouse")
    world.request("POST", f"/runs/{run_id}/calls/{call['call_id']}/output", {"output": LONG})
    world.run_to_end(run_id)
    return run_id


def delete(world: World, run_id: str) -> dict[str, Any]:
    return world.request("DELETE", f"/runs/{run_id}")


def status(world: World, path: str, method: str = "GET", body: Any = None) -> int:
    answer: int = world.request(method, path, body)["statusCode"]
    return answer


def tombstone(world: World, run_id: str) -> dict[str, Any]:
    (item,) = [each for each in world.items() if each["pk"]["S"] == run_id]
    return {name: next(iter(value.values())) for name, value in item.items()}


def deletes(request: Request) -> bool:
    return request.operation.startswith("DELETE ")


def always(
    is_meant: Callable[[Request], bool], answer: Answer | Fault
) -> Callable[[Request], Answer | Fault | None]:
    return lambda request: answer if is_meant(request) else None


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_that_was_said_in_a_run_is_left_once_it_is_deleted(world: World, kind):
    run_id = a_run_of(world, kind, idempotency_key="order-1")
    objects = world.made(kind)
    assert {place.split()[0] for place in traces_of(CANARY, world)} == {"item", "object"}
    ended = [each for each in world.timeline(run_id) if each["type"] == "call_ended"]
    assert {name for each in ended for name in ("message", "detail") if CANARY in each.get(name, "")} == {
        "message",
        "detail",
    }
    assert all(world.is_at_openai(path) for path in objects)

    assert delete(world, run_id)["statusCode"] == 202
    world.settle()

    assert traces_of(CANARY, world) == []
    assert payload_keys() == []
    assert [path for path in objects if world.is_at_openai(path)] == []
    own = ("run_id", "kind", "status", "created_at", "ended_at", "deleted_at")
    assert tombstone(world, run_id).keys() == {"pk", "sk", *own, "expires_at", "format"}
    assert announced(world, "Run Deleted") == [{"stack": "runrelay", "run_id": run_id, "kind": kind}]
    assert counted(world, "RunDeleted") == 1


def test_from_the_202_on_nothing_of_a_run_is_shown(world: World):
    run_id = start(world, "response", saying(CANARY), idempotency_key="order-1")
    world.run_to_end(run_id)
    delete(world, run_id)

    for is_done in (False, True):
        paths = (f"/runs/{run_id}", f"/runs/{run_id}/events")
        answers = [world.request("GET", path) for path in paths]
        answers.append(world.request("POST", f"/runs/{run_id}/cancel"))
        answers.append(world.request("POST", f"/runs/{run_id}/calls/call_1/output", {"output": ""}))
        body = {"kind": "response", "request": request_of(world, "response")}
        answers.append(world.request("POST", "/runs", body, headers=[("Idempotency-Key", "order-1")]))
        told = [json.loads(answer["body"]) for answer in answers[:4]]
        assert [answer["statusCode"] for answer in answers] == [410, 410, 410, 410, 410 if is_done else 409]
        assert {each["detail"] for each in told} == {
            f"the run {run_id} {'was' if is_done else 'is being'} deleted"
        }
        assert {each["provider_left"] for each in told} == {False}
        assert all(bool(each["deleted_at"]) is is_done for each in told)
        assert json.loads(world.request("GET", "/runs")["body"])["runs"] == []
        assert delete(world, run_id)["statusCode"] == 202
        world.settle()

    assert payload_keys() == []  # nor is what was sent with the key again


@pytest.mark.parametrize("lost", ["message", "queue"])
def test_a_deletion_that_nobody_was_told_of_is_found_by_a_sweep(world: World, lost):
    run_id = start(world, "response", saying(CANARY))
    world.run_to_end(run_id)
    world.settle()
    if lost == "queue":
        world.wire.interceptor = always(lambda each: each.operation == "SendMessage", Answer(500))
    assert delete(world, run_id)["statusCode"] == (202 if lost == "message" else 503)
    world.wire.interceptor = lambda _: None
    world.run_queue.purge()

    world.clock.skip(300)
    assert world.sweep() == 1
    world.settle()

    assert traces_of(CANARY, world) == []


def test_so_is_the_last_pass(world: World):
    run_id = start(world, "response", saying(CANARY))
    world.run_to_end(run_id)
    delete(world, run_id)
    world.step_until(lambda: "deleted_at" in own_item(world, run_id))
    world.run_queue.purge()

    world.clock.skip(LAST_PASS_SECONDS + 60)
    assert world.sweep() == 1
    world.settle()

    assert "sweep" not in tombstone(world, run_id)
    assert world.sweep() == 0


def own_item(world: World, run_id: str) -> dict[str, Any]:
    return next(each for each in world.items() if (each["pk"]["S"], each["sk"]["S"]) == (run_id, "run"))


@pytest.mark.parametrize(
    "trouble", [Answer(503), Answer(429), Fault.LOSE_REPLY, Answer(500, {"error": {"code": "x"}})]
)
@pytest.mark.parametrize("kind", KINDS)
def test_a_provider_in_trouble_is_asked_again_later(world: World, kind, trouble):
    run_id = start(world, kind, saying(CANARY))
    world.run_to_end(run_id)
    delete(world, run_id)
    world.wire.interceptor = at_first(deletes, lambda: trouble)

    world.settle()

    assert [path for path in world.made(kind) if world.is_at_openai(path)] == []
    assert "provider_left" not in tombstone(world, run_id)


def refusal(status: int) -> Answer:
    return Answer(status, {"error": {"code": f"no_{status}", "message": CANARY, "type": "some_error"}})


@pytest.mark.parametrize("status", [400, 401, 403, 405, 503])
def test_a_provider_that_will_not_for_six_hours_keeps_nothing_of_ours(world: World, status):
    run_id = start(world, "response", calling(GET), saying(CANARY))
    world.run_to_end(run_id)
    world.settle()
    asked_at = world.clock.time()
    delete(world, run_id)
    world.wire.interceptor = always(deletes, refusal(status))

    world.step_until(lambda: "deleted_at" in own_item(world, run_id))

    waited = world.clock.time() - asked_at
    assert 6 * 3600 <= waited < 7 * 3600
    assert tombstone(world, run_id)["provider_left"] == ("unavailable" if status == 503 else f"no_{status}")
    assert traces_of(CANARY, world) == []
    assert json.loads(world.request("GET", f"/runs/{run_id}")["body"])["provider_left"] is True


def test_what_is_refused_alone_keeps_no_other(world: World):
    run_id = start(world, "response", calling(GET), saying(CANARY))
    world.run_to_end(run_id)
    delete(world, run_id)
    first, second = world.made("response")
    world.wire.interceptor = always(
        lambda each: deletes(each) and each.operation.endswith(first), refusal(400)
    )

    world.step_until(lambda: not world.is_at_openai(second))

    assert world.is_at_openai(first)


def test_every_response_of_a_run_is_deleted_those_that_were_begun_again_too(world: World):
    fails = {"seconds": 0, "fail": {"code": "server_error", "message": CANARY}}
    run_id = start(world, "response", fails, calling(GET), saying(CANARY))
    world.run_to_end(run_id)
    delete(world, run_id)

    world.settle()

    assert len(world.made("response")) > 1
    assert [path for path in world.made("response") if world.is_at_openai(path)] == []


def test_a_callers_own_thread_stays(world: World):
    thread = world.ask_openai("/threads", {"messages": [{"role": "user", "content": "Hello."}]})
    request = {
        "assistant_id": world.ask_openai("/assistants", {"model": "gpt-6-astra"})["id"],
        "thread_id": thread["id"],
    }
    run_id = start(world, "thread", saying(CANARY), request=request)
    world.run_to_end(run_id)
    delete(world, run_id)

    world.settle()

    assert world.is_at_openai(f"/threads/{thread['id']}")
    assert tombstone(world, run_id)["status"] == "deleted"


def test_a_session_that_still_works_is_stopped_and_then_deleted(world: World):
    run_id = start(world, "session", ENDLESS, deadline_seconds=60)
    world.step_until(lambda: world.run(run_id)["status"] == "in_progress")
    world.wire.interceptor = always(lambda each: each.operation.endswith("/events"), Answer(503))
    world.run_to_end(run_id)
    world.wire.interceptor = lambda _: None
    [session] = world.made("session")
    delete(world, run_id)

    world.settle()

    assert not world.is_at_openai(session)
    assert tombstone(world, run_id).keys().isdisjoint({"sweep", "provider_left"})


@pytest.mark.parametrize("key", [None, "order-1"], ids=["without a key", "with a key"])
def test_so_is_a_short_request_of_which_only_its_key_is_kept(world: World, key):
    run_id = start(
        world,
        "response",
        saying("done"),
        request={"model": "gpt-6-astra", "input": CANARY},
        idempotency_key=key,
    )
    world.run_to_end(run_id)
    assert any(place.endswith(" request") for place in traces_of(CANARY, world))
    delete(world, run_id)

    world.settle()

    assert traces_of(CANARY, world) == []
    left = [set(item) for item in world.items() if item["sk"]["S"] == "request"]
    assert left == (
        [{"pk", "sk", "request_key", "run_id", "deleted_at", "expires_at", "format"}] if key else []
    )


@pytest.mark.parametrize("kind", ["session", "thread"])
def test_what_was_begun_beside_a_run_and_nobody_heard_of_is_deleted_too(world: World, kind):
    """The first create's answer is lost, and the list does not show what it made before the run has ended."""
    creates = {"session": "/agents/sessions", "thread": "/runs"}[kind]
    lost = at_first(
        lambda each: each.operation.startswith("POST") and each.operation.endswith(creates),
        lambda: Fault.LOSE_REPLY,
    )

    def intercept(request: Request) -> Answer | Fault | None:
        is_list = request.operation.startswith("GET") and request.operation.endswith(creates)
        return NOTHING if is_list else lost(request)

    world.simulator.faults(webhooks={"drop": 1})
    world.wire.interceptor = intercept
    run_id = start(world, kind, saying(CANARY))
    world.run_to_end(run_id)
    created = [each["id"] for each in world.simulator.resources()]
    delete(world, run_id)
    world.wire.interceptor = lambda _: None
    listed = len(world.wire.exchanges)

    world.settle()

    asked = [each.request.operation for each in world.wire.exchanges[listed:]]
    assert len(created) == 2
    assert any(each.startswith("GET") and each.endswith(creates) for each in asked)
    assert [path for path in world.made(kind) if world.is_at_openai(path)] == []


def test_what_comes_after_the_tombstone_is_taken_away_by_the_last_pass(world: World):
    run_id = start(world, "response", saying(CANARY))
    world.run_to_end(run_id)
    delete(world, run_id)
    world.step_until(lambda: "deleted_at" in own_item(world, run_id))

    orphan = world.ask_openai("/responses", {"model": "gpt-6-astra", "input": CANARY, "background": True})[
        "id"
    ]
    item = to_item(Alias(run_id, orphan))
    boto3.client("dynamodb").put_item(TableName=physical_name("RunTable"), Item=item)
    key = f"{run_id}/1/call_1/output-1"
    boto3.client("s3").put_object(Bucket=physical_name("PayloadBucket"), Key=key, Body=CANARY.encode())
    world.settle()

    assert traces_of(CANARY, world) == []
    assert tombstone(world, run_id).keys().isdisjoint({"sweep", "due_at"})
    assert not world.is_at_openai(f"/responses/{orphan}")


def test_a_tool_that_ends_when_its_run_is_deleted_writes_nothing(world: World):
    run_id = start(world, "response", calling(GET), saying("done"), deadline_seconds=3600)
    world.step_until(lambda: bool(world.tool_queue.visible))

    def meanwhile(request: Request) -> None:
        if request.sender == "tools" and '"succeeded"' in json.dumps(request.body):
            world.wire.interceptor = lambda _: None
            world.request("POST", f"/runs/{run_id}/cancel")
            world.step_until(lambda: world.is_over(run_id))
            delete(world, run_id)
            world.step_until(lambda: "deleted_at" in own_item(world, run_id))

    world.wire.interceptor = meanwhile
    world.settle()

    assert [each["sk"]["S"] for each in world.items() if each["pk"]["S"] == run_id] == ["run"]
    assert payload_keys() == []
    assert "claim lost" in world.output("tools")


def test_late_messages_about_a_deleted_run_come_to_nothing(world: World):
    run_id = a_run_of(world, "response")
    [*_, last] = world.made("response")
    delete(world, run_id)
    world.settle()
    before = [each for each in world.items() if each["pk"]["S"] == run_id]

    receive(world, "response.completed", last.rpartition("/")[2])
    for event in list(world.webhooks):
        world.receive_webhook(event)
    for reason in (
        "created",
        "call_ended",
        "decision_needed",
        "decided",
        "check",
        "cancel",
        "stop",
        "announce",
        "delete",
    ):
        world.run_queue.send(
            {"version": 1, "message": "run", "run_id": run_id, "reason": reason, "attempt": 0}
        )
    world.tool_queue.send({"version": 1, "message": "call", "run_id": run_id, "turn": 1, "call_id": "call_1"})
    world.settle()

    assert [each for each in world.items() if each["pk"]["S"] == run_id] == before
    assert traces_of(CANARY, world) == []
    assert world.run_queue.dead_letters == world.tool_queue.dead_letters == []
    assert [content(each) for each in world.run_queue.messages] == []


def test_a_deletion_is_announced_although_eventbridge_is_down_for_minutes(world: World):
    run_id = start(world, "response", saying(CANARY))
    world.run_to_end(run_id)
    down_until = world.clock.time() + 400
    world.wire.interceptor = lambda request: (
        Answer(500, {}) if request.operation == "PutEvents" and world.clock.time() < down_until else None
    )

    delete(world, run_id)
    world.settle()

    assert announced(world, "Run Deleted") == [{"stack": "runrelay", "run_id": run_id, "kind": "response"}]
    assert traces_of(CANARY, world) == []


def test_a_subject_has_no_run_from_the_wish_on(world: World):
    run_id = start(world, "response", saying(CANARY), subject="customer-7")
    world.run_to_end(run_id)
    delete(world, run_id)

    for _ in ("wished", "deleted"):
        for query in ("subject=customer-7", "subject=customer-7&status=completed", "status=completed"):
            assert json.loads(world.request("GET", f"/runs?{query}")["body"])["runs"] == [], query
        standing_in = {name for item in world.items() for name in item} & {"standing", "subject_standing"}
        assert standing_in == set()
        world.settle()
    assert [item for item in world.items() if "customer-7" in str(item)] == []


def test_a_run_whose_own_record_cannot_be_read_is_named_and_not_half_deleted(world: World):
    run_id = start(world, "response", saying(CANARY))
    world.run_to_end(run_id)
    boto3.client("dynamodb").update_item(
        TableName=physical_name("RunTable"),
        Key=run_key(run_id),
        UpdateExpression="SET metadata = :other",
        ExpressionAttributeValues={":other": {"N": "1"}},
    )

    answer = delete(world, run_id)

    assert answer["statusCode"] == 409
    assert json.loads(answer["body"])["unreadable"] == {"item": "run", "attributes": ["metadata"]}
    assert "deletion_requested_at" not in own_item(world, run_id)

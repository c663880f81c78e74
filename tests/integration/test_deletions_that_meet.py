"""A deletion among everything else that may go on: other runs under its key, late news, workers beside it."""

import json
from datetime import datetime, timedelta

import boto3
import pytest
from contracts.items import run_key, to_item
from contracts.records import Alias

from tests.harness.scenario import ENDLESS, calling, saying
from tests.harness.template import physical_name
from tests.harness.traces import payload_keys, traces_of
from tests.harness.wire import Answer, Fault, Request, at_first
from tests.harness.world import World
from tests.integration.test_deleted_runs import CANARY, LONG, always, delete, own_item, start, tombstone
from tests.integration.test_kept_runs import expiries, kept_for
from tests.integration.worker.traffic import announced, receive

A_DAY = 86_400
TABLE = physical_name("RunTable")
GET = calling(("get_order", {"order_id": "missing-1"}))
LARGE = {"kind": "response", "request": {"model": "gpt-6-astra", "input": LONG}}
WITH_KEY = [("Idempotency-Key", "order-1")]


def is_delete(request: Request) -> bool:
    return request.operation.startswith("DELETE ")


def creates(path: str):
    return lambda request: request.operation.startswith("POST ") and request.operation.endswith(path)


def an_ended_run(world: World, **wanted) -> str:
    run_id = start(world, "response", saying(CANARY), **wanted)
    world.run_to_end(run_id)
    world.settle()
    return run_id


def expire(world: World) -> None:
    """Take away what has expired, as DynamoDB does within days."""
    for item in world.items():
        if int(item.get("expires_at", {"N": "99999999999"})["N"]) < world.clock.time():
            key = {"pk": item["pk"], "sk": item["sk"]}
            boto3.client("dynamodb").delete_item(TableName=TABLE, Key=key)


def under_the_same_key(world: World) -> tuple[str, str]:
    """Start a run under a key whose run has expired, and is not taken away yet."""
    first = an_ended_run(world, idempotency_key="order-1")
    world.clock.skip(92 * A_DAY)
    request = {"model": "gpt-6-astra", "input": "bobs words"}
    return first, world.start(saying("two"), idempotency_key="order-1", request=request, subject="bob")


def test_a_run_under_the_key_of_an_expired_one_keeps_its_request_when_that_is_deleted(world: World):
    first, second = under_the_same_key(world)
    delete(world, first)
    told = {json.loads(message.body)["reason"]: message for message in world.run_queue.visible}
    world.deliver(told["delete"])

    world.run_to_end(second)

    assert world.run(second)["status"] == "completed"


def test_a_run_that_has_expired_shows_no_request_of_the_run_under_its_key(world: World):
    first, second = under_the_same_key(world)

    shown = [world.request("GET", f"/runs/{run_id}?include=request")["body"] for run_id in (first, second)]

    assert ["bobs words" in body for body in shown] == [False, True]


def test_the_long_text_of_a_run_under_the_key_of_an_expired_one_stays_when_that_is_deleted(world: World):
    def started() -> str:
        return str(json.loads(world.request("POST", "/runs", LARGE, headers=WITH_KEY)["body"])["run_id"])

    first = started()
    world.run_to_end(first)
    world.clock.skip(92 * A_DAY)
    second = started()
    world.run_to_end(second)

    delete(world, first)
    world.settle()
    assert (
        json.loads(world.request("GET", f"/runs/{second}?include=request")["body"])["request"]["input"]
        == LONG
    )

    delete(world, second)
    world.settle()
    assert payload_keys() == []


@pytest.mark.parametrize("headers", [WITH_KEY, []], ids=["key", "no key"])
@pytest.mark.parametrize("refused_from", [1, 2])
def test_a_start_that_was_a_503_leaves_nothing_once_its_repetition_is_deleted(
    world: World, headers, refused_from
):
    puts = []

    def refuse(request: Request) -> Answer | None:
        if request.sender == "api" and request.operation == "PutItem":
            puts.append(request)
        return Answer(500, {}) if len(puts) >= refused_from and request.operation == "PutItem" else None

    world.wire.interceptor = refuse
    assert world.request("POST", "/runs", LARGE, headers=headers)["statusCode"] == 503
    world.wire.interceptor = lambda _: None
    again = world.request("POST", "/runs", LARGE, headers=headers)
    run_id = json.loads(again["body"])["run_id"]
    world.run_to_end(run_id)

    delete(world, run_id)
    world.settle()

    assert (traces_of(CANARY, world), payload_keys()) == ([], [])


@pytest.mark.parametrize("kind", ["response", "session"])
@pytest.mark.parametrize("when", ["buried", "closed"])
def test_what_a_late_webhook_names_is_deleted_at_the_provider(world: World, kind, when):
    """The answer to a create is lost, the run is cancelled and deleted, and then its webhook comes."""
    path = {"response": "/responses", "session": "/agents/sessions"}[kind]
    world.simulator.faults(webhooks={"drop": 1})
    lost = at_first(creates(path), lambda: Fault.LOSE_REPLY)
    nothing = Answer(200, {"object": "list", "data": [], "has_more": False})
    world.wire.interceptor = lambda each: nothing if each.operation == f"GET /v1{path}" else lost(each)
    run_id = start(world, kind, saying(CANARY))
    world.deliver(*world.run_queue.visible)
    world.request("POST", f"/runs/{run_id}/cancel")
    world.run_to_end(run_id)
    (made,) = world.made(kind)
    delete(world, run_id)
    if when == "buried":
        world.step_until(lambda: "deleted_at" in own_item(world, run_id))
    else:
        world.settle()
    assert world.is_at_openai(made)

    world.wire.interceptor = at_first(is_delete, lambda: Answer(503))
    event = {"response": "response.completed", "session": "agent.session.failed"}[kind]
    receive(world, event, made.rpartition("/")[2])
    world.settle()

    assert not world.is_at_openai(made)


def test_a_deletion_that_was_promised_is_kept_although_the_run_expires_meanwhile(world: World):
    run_id = start(world, "response", GET, saying(CANARY), tools=["get_order"])
    world.run_to_end(run_id)
    world.settle()
    first, second = world.made("response")
    world.clock.skip(91 * A_DAY - 3600)
    world.wire.interceptor = always(is_delete, Answer(503))
    assert delete(world, run_id)["statusCode"] == 202
    world.deliver(*world.run_queue.visible)

    world.clock.skip(2 * 3600)
    expire(world)
    world.wire.interceptor = lambda _: None
    world.sweep()
    world.settle()

    assert (world.is_at_openai(first), world.is_at_openai(second), payload_keys()) == (False, False, [])


def test_a_worker_that_is_late_does_not_bring_the_last_pass_forward(world: World):
    run_id = an_ended_run(world)
    delete(world, run_id)
    delete(world, run_id)
    slow, quick = world.run_queue.visible
    met: list[Request] = []

    def meanwhile(request: Request) -> Answer | None:
        if not is_delete(request) or met:
            return None
        met.append(request)
        world.deliver(quick)
        return Answer(503)

    world.wire.interceptor = meanwhile
    world.deliver(slow)

    due, deleted = (
        datetime.fromisoformat(own_item(world, run_id)[name]["S"]) for name in ("due_at", "deleted_at")
    )
    assert met
    assert due - deleted >= timedelta(seconds=900)


def test_an_end_that_eventbridge_did_not_take_is_announced_before_its_run_is_deleted(world: World):
    run_id = start(world, "response", saying(CANARY))
    world.wire.interceptor = always(lambda each: each.operation == "PutEvents", Answer(500, {}))
    world.run_to_end(run_id)
    world.wire.interceptor = lambda _: None

    delete(world, run_id)
    world.settle()

    ends = [each["status"] for each in announced(world, "Run Status Changed")]
    assert ends == ["completed"]
    assert len(announced(world, "Run Deleted")) == 1


def test_a_subjects_list_reads_no_run_that_is_to_be_deleted(world: World):
    runs = [an_ended_run(world, subject="ann") for _ in range(3)]
    world.wire.interceptor = always(is_delete, Answer(503))
    for run_id in runs[:2]:
        delete(world, run_id)
    before = len(world.wire.exchanges)

    page = json.loads(world.request("GET", "/runs?subject=ann&limit=1")["body"])

    (read,) = [each for each in world.wire.exchanges[before:] if each.request.operation == "BatchGetItem"]
    assert [run["run_id"] for run in page["runs"]] == runs[2:]
    assert page["cursor"] is None
    assert len(read.request.body["RequestItems"][TABLE]["Keys"]) == 1


@pytest.mark.parametrize("is_told", [True, False])
def test_a_response_that_may_be_left_is_told_unless_its_webhook_named_it(world: World, is_told):
    world.simulator.faults(webhooks={"drop": 0 if is_told else 1})
    world.wire.interceptor = at_first(creates("/responses"), lambda: Fault.LOSE_REPLY)
    run_id = start(world, "response", saying(CANARY))
    if is_told:
        world.simulator.faults(webhooks={"drop": 1})
    world.run_to_end(run_id)
    world.simulator.faults()
    made = world.made("response")
    if len(made) == 2 and is_told:
        receive(world, "response.completed", made[0].rpartition("/")[2])
    world.settle()

    delete(world, run_id)
    world.settle()

    left = [path for path in made if world.is_at_openai(path)]
    assert ("provider_left" in tombstone(world, run_id)) == bool(left)
    assert bool(left) != is_told


def test_a_sessions_environment_is_not_deleted_as_if_it_were_a_session(world: World):
    run_id = start(world, "session", saying(CANARY))
    world.run_to_end(run_id)
    world.settle()
    alias = to_item(Alias(run_id, "env_123", names="environment"))
    boto3.client("dynamodb").put_item(TableName=TABLE, Item=alias)
    refused = Answer(
        400, {"error": {"code": "invalid_value", "message": "no", "type": "invalid_request_error"}}
    )
    world.wire.interceptor = always(lambda each: "env_123" in each.operation, refused)

    delete(world, run_id)
    world.settle()

    assert "provider_left" not in tombstone(world, run_id)
    assert traces_of("env_123", world) == []


@pytest.mark.parametrize(("before", "after"), [(0, 7), (90, 1), (1, 0)])
def test_every_item_of_a_run_keeps_to_what_held_when_it_was_started(world: World, before, after):
    with kept_for(world, before):
        run_id = world.start(GET, saying("done"), tools=["get_order"])
        world.step_until(lambda: any(item["sk"]["S"].startswith("call#") for item in world.items()))
    with kept_for(world, after):
        world.run_to_end(run_id)
        world.settle()

    deadline = datetime.fromisoformat(world.run(run_id)["deadline"])
    expected = int((deadline + timedelta(days=before)).timestamp()) if before else None
    assert set(expiries(world, run_id).values()) == {expected}


def test_a_cancel_of_what_cannot_be_read_is_a_409_and_writes_nothing(world: World):
    run_id = world.start(ENDLESS)
    world.step_until(lambda: world.run(run_id)["status"] == "in_progress")
    boto3.client("dynamodb").update_item(
        TableName=TABLE,
        Key=run_key(run_id),
        UpdateExpression="SET #format = :later",
        ExpressionAttributeNames={"#format": "format"},
        ExpressionAttributeValues={":later": {"N": "2"}},
    )

    answer = world.request("POST", f"/runs/{run_id}/cancel")

    assert answer["statusCode"] == 409
    assert "cancel_requested_at" not in own_item(world, run_id)

"""Every item of a run expires at once, some days after its deadline; what is open never does."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import boto3
import pytest
from contracts.status import KINDS

from tests.harness.scenario import calling, saying
from tests.harness.template import physical_name
from tests.harness.wire import Fault, at_first
from tests.harness.world import World
from tests.integration.worker.traffic import receive

GET = ("get_order", {"order_id": "A-1"})
EMAIL = ("send_email", {"to": "ann@example.com", "subject": "Hello", "body": "Hello."})
LARGE = ("refund_order", {"order_id": "A-2", "cents": 200_000})
CREATES = {"response": "/responses", "session": "/agents/sessions", "thread": "/runs"}
A_DAY = 86_400


@contextmanager
def kept_for(world: World, days: int) -> Iterator[None]:
    given = {"RUN_RETENTION_DAYS": str(days)}
    with world.settings("api", **given), world.settings("worker", **given):
        yield


def expiries(world: World, run_id: str) -> dict[str, int | None]:
    """Give when each item of a run expires, its request too, by sort key."""
    own = [item for item in world.items() if run_id in (item["pk"]["S"], item.get("run_id", {}).get("S"))]
    return {item["sk"]["S"]: int(item["expires_at"]["N"]) if "expires_at" in item else None for item in own}


def a_busy_run(world: World, kind: str = "response", **wanted: Any) -> str:
    """Play a run that leaves items of every sort, up to its last turn."""
    world.wire.interceptor = at_first(
        lambda each: each.operation.startswith("POST") and each.operation.endswith(CREATES[kind]),
        lambda: Fault.LOSE_REPLY,
    )
    tools = ["get_order", "send_email", "refund_order"]
    run_id = world.start(calling(GET, EMAIL, LARGE), saying("done"), kind=kind, tools=tools, **wanted)
    world.step_until(lambda: any(item.get("outcome") == {"S": "awaiting_decision"} for item in world.items()))
    if kind == "session":
        receive(world, "agent.session.of_tomorrow", world.run(run_id)["provider_id"])
        world.step_until(lambda: not world.run_queue.visible)
    call = next(each for each in world.run(run_id)["calls"] if each["outcome"] == "awaiting_decision")
    world.request("POST", f"/runs/{run_id}/calls/{call['call_id']}/decision", {"approve": True})
    return run_id


@pytest.mark.parametrize("kind", KINDS)
def test_every_item_of_a_run_has_one_end(world: World, kind):
    with kept_for(world, 7):
        run_id = a_busy_run(world, kind)
        while_open = expiries(world, run_id)
        world.run_to_end(run_id)
        world.settle()

    deadline = datetime.fromisoformat(world.run(run_id)["deadline"])
    ended = expiries(world, run_id)
    assert {name.partition("#")[0] for name in ended} >= {"run", "request", "call", "latest", "turn"}
    assert while_open.pop("run") is None
    ends = {*while_open.values(), *ended.values()}
    assert ends == {int((deadline + timedelta(days=7)).timestamp())}


def test_so_have_events_and_the_ids_of_orphans(world: World):
    run_id = world.start(saying("done"))
    world.run_to_end(run_id)
    world.settle()
    marks = {"runrelay_run_id": run_id, "runrelay_turn": "1"}
    again = {"model": "gpt-6-astra", "input": "hello", "background": True, "metadata": marks}
    world.ask_openai("/responses", again)
    world.settle()

    ended = expiries(world, run_id)
    assert {name.partition("#")[0] for name in ended} >= {"event", "alias"}
    assert len(set(ended.values())) == 1


def test_runs_are_kept_for_ever_with_0(world: World):
    with kept_for(world, 0):
        run_id = a_busy_run(world)
        world.run_to_end(run_id)
        world.settle()

    assert set(expiries(world, run_id).values()) == {None}


def test_a_tombstone_is_kept_for_90_days_where_runs_are_kept_for_ever(world: World):
    with kept_for(world, 0):
        run_id = a_busy_run(world, idempotency_key="order-1")
        world.run_to_end(run_id)
        now = world.clock.time()
        world.request("DELETE", f"/runs/{run_id}")
        world.settle()

    left = expiries(world, run_id)
    assert left.keys() == {"run", "request"}
    assert all(abs((each or 0) - now - 90 * A_DAY) < 60 for each in left.values())


def test_what_has_expired_and_is_still_there_binds_no_key(world: World):
    first = world.start(saying("one"), idempotency_key="order-1")
    world.run_to_end(first)
    world.settle()

    world.clock.skip(92 * A_DAY)
    body = {"kind": "response", "request": {"model": "gpt-6-astra", "input": "Another one."}}
    answer = world.request("POST", "/runs", body, headers=[("Idempotency-Key", "order-1")])

    assert answer["statusCode"] == 202
    assert first not in answer["body"]


def test_a_run_whose_own_item_has_expired_first_is_none(world: World):
    run_id = world.start(calling(GET), saying("done"), tools=["get_order"])
    world.run_to_end(run_id)
    world.settle()
    key = {"pk": {"S": run_id}, "sk": {"S": "run"}}
    boto3.client("dynamodb").delete_item(TableName=physical_name("RunTable"), Key=key)

    paths = (f"/runs/{run_id}", f"/runs/{run_id}/events")

    assert [world.request("GET", path)["statusCode"] for path in paths] == [404, 404]

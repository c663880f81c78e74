"""A worker that looks at several runs side by side: in threads, and not in an order that a test laid down.

All that holds of one record after another holds here: each run does what it does once, whatever becomes of
the process in which all of them are under way.
"""

import json
from collections.abc import Callable, Iterator
from itertools import count
from random import Random
from threading import Barrier, BrokenBarrierError

import pytest

from tests.faults.invariants import check_all
from tests.faults.rows import row
from tests.faults.runs import KINDS, finish, start
from tests.harness.site import ON_MOTO
from tests.harness.wire import Fault, Request
from tests.harness.world import World, harness

RUNS = 5
SAMPLE = 1
FAULTS = (Fault.KILL_BEFORE, Fault.KILL_AFTER, Fault.LOSE_REQUEST, Fault.LOSE_REPLY)
PATIENCE_SECONDS = 10


@pytest.fixture
def side(world: World) -> Iterator[World]:
    with world.settings("worker", RECORDS_AT_ONCE="10"):
        yield world


def is_workers(request: Request) -> bool:
    return request.sender == "worker"


def at_request(number: int, fault: Fault, matches: Callable[[Request], bool] = is_workers):
    """Have one request, counted from 1, meet with a fault."""
    numbers = count(1)

    def intercept(request: Request) -> Fault | None:
        return fault if matches(request) and next(numbers) == number else None

    return intercept


def requests_of_the_worker(kind: str) -> int:
    """Count what is sent for the runs when nothing breaks."""
    with harness() as world, world.settings("worker", RECORDS_AT_ONCE="10"):
        finish(world, *(start(world, kind) for _ in range(RUNS)))
        return sum(exchange.request.sender == "worker" for exchange in world.wire.exchanges)


@pytest.mark.parametrize("kind", KINDS)
def test_runs_that_are_looked_at_side_by_side_end_as_they_would_one_by_one(side: World, kind):
    run_ids = [start(side, kind) for _ in range(RUNS)]

    finish(side, *run_ids)

    check_all(side, *run_ids)


def test_as_many_requests_are_under_way_as_there_are_records(side: World):
    run_ids = [start(side, "response") for _ in range(RUNS)]
    together, met = Barrier(RUNS, timeout=PATIENCE_SECONDS), []

    def intercept(request: Request) -> None:
        if request.operation == "POST /v1/responses" and len(met) < RUNS:
            met.append(request)
            try:
                together.wait()
            except BrokenBarrierError:
                pytest.fail("they came one after another")

    side.wire.interceptor = intercept
    side.deliver(*side.run_queue.visible)

    assert {side.run(run_id)["status"] for run_id in run_ids} == {"in_progress"}


@row("F18", "F19")
@pytest.mark.timeout(900)  # each is a hundred worlds if all are tried, and the machine may be busy
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name.lower().replace("_", " "))
@pytest.mark.parametrize("kind", KINDS)
def test_wherever_a_process_ends_or_a_request_is_lost_each_run_of_the_batch_does_all_once(
    kind, fault, is_exhaustive
):
    """Each request of the worker meets with one of the faults; in tests/crash each meets with all.

    On moto a sample does: there it takes three times as long.
    """
    is_all = is_exhaustive and not ON_MOTO
    numbers = range(1 + FAULTS.index(fault), requests_of_the_worker(kind) + 1, len(FAULTS))
    for number in numbers if is_all else Random(f"{kind} {fault.name}").sample(numbers, SAMPLE):
        with harness() as world, world.settings("worker", RECORDS_AT_ONCE="10"):
            run_ids = [start(world, kind) for _ in range(RUNS)]
            world.wire.interceptor = at_request(number, fault)

            finish(world, *run_ids)

            check_all(world, *run_ids)


@row("F19")
def test_a_record_that_always_ends_its_process_is_alone_in_the_dead_letter_queue(side: World):
    bad, *others = [start(side, "response") for _ in range(RUNS)]
    deaths: list[int] = []

    def intercept(request: Request) -> Fault | None:
        is_look = is_workers(request) and request.service == "dynamodb"
        if not is_look or bad not in json.dumps(request.body):
            return None
        deaths.append(request.number)
        return Fault.KILL_BEFORE

    side.wire.interceptor = intercept
    side.step_until(lambda: all(map(side.is_over, others)))
    side.settle()

    assert {json.loads(each.body)["run_id"] for each in side.run_queue.dead_letters} == {bad}
    assert len(side.run_queue.dead_letters) == 1
    assert len(deaths) <= 6  # one with its neighbours, and five of the message that was sent anew
    assert {side.run(run_id)["status"] for run_id in others} == {"completed"}


def test_the_owner_of_a_claim_is_one_record_and_not_its_worker(side: World):
    for _ in range(RUNS):
        start(side, "response")
    owners: list[str] = []
    together = Barrier(RUNS, timeout=PATIENCE_SECONDS)  # a thread that is free takes another record

    def intercept(request: Request) -> None:
        values = (request.body or {}).get("ExpressionAttributeValues", {})
        if request.operation == "UpdateItem" and ":submitting_by" in values:
            owners.append(values[":submitting_by"]["S"])
            together.wait()

    side.wire.interceptor = intercept
    side.deliver(*side.run_queue.visible)

    assert len(set(owners)) == len(owners) == RUNS

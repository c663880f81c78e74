"""Sweeps of many runs: few requests, those waiting longest first, and none twice that waits on the queue."""

import json
from collections import Counter

import pytest

from tests.harness.wire import Answer, Fault, Request, at_first
from tests.harness.world import World

MANY_WAITING, MOST_BEHIND = 1000, 100


def lost(world: World, runs: int, *, apart_seconds: float = 0) -> list[str]:
    """Start runs whose messages are lost, one after the other, and let them be overdue."""
    run_ids = []
    for _ in range(runs):
        run_ids.append(world.start({"never": True}))
        world.clock.skip(apart_seconds)
    world.run_queue.purge()
    world.clock.skip(60)
    return run_ids


def put_behind(world: World, messages: int) -> None:
    """Put messages on the run queue that nobody has received."""
    for number in range(messages):
        world.run_queue.send({"version": 1, "message": "run", "run_id": f"run_{number}", "reason": "check"})


def checks(world: World) -> list[str]:
    """Give the runs of the checks on the queue, in the order of sending."""
    return [json.loads(message.body)["run_id"] for message in world.run_queue.messages]


def requests(world: World) -> Counter[str]:
    sent = [exchange.request for exchange in world.wire.exchanges]
    return Counter(request.operation for request in sent if request.sender == "sweeper")


@pytest.mark.parametrize(("runs", "batches"), [(0, 0), (10, 1), (11, 2), (25, 3)])
def test_checks_are_sent_by_ten(world: World, runs: int, batches: int):
    lost(world, runs)

    assert world.sweep() == runs

    asked = requests(world)
    assert asked["SendMessageBatch"] == batches
    assert asked["GetQueueAttributes"] == 1
    assert asked["SendMessage"] == 0
    assert len(checks(world)) == runs


def test_those_waiting_longest_are_looked_at_first_whatever_partition_they_stand_in(world: World):
    run_ids = lost(world, 24, apart_seconds=1)

    world.sweep()

    assert checks(world) == run_ids


@pytest.mark.parametrize(("waiting", "swept"), [(MANY_WAITING - 1, 103), (MANY_WAITING, MOST_BEHIND)])
def test_while_the_queue_is_behind_only_the_oldest_are_swept(world: World, waiting: int, swept: int):
    run_ids = lost(world, 103, apart_seconds=0.01)
    put_behind(world, waiting)

    assert world.sweep() == swept

    assert checks(world)[waiting:] == run_ids[:swept]


@pytest.mark.parametrize("fault", [Fault.LOSE_REQUEST, Answer(500)], ids=["lost", "500"])
def test_a_queue_that_cannot_be_measured_is_swept_all_the_same(world: World, fault):
    lost(world, 3)

    def intercept(request: Request):
        return fault if request.operation == "GetQueueAttributes" else None

    world.wire.interceptor = intercept

    assert world.sweep() == 3
    assert "queue not measured" in world.output("sweeper")


def test_a_batch_of_which_sqs_takes_only_a_part_fails_the_sweep_and_the_next_one_sends_them(world: World):
    run_ids = lost(world, 3)
    partly = Answer(200, {"Successful": [{"Id": "0", "MessageId": "m"}], "Failed": []})
    world.wire.interceptor = lambda request: partly if request.operation == "SendMessageBatch" else None

    with pytest.raises(Exception, match="SQS took 1 of 3 messages"):
        world.sweep()

    world.wire.interceptor = lambda _request: None
    assert world.sweep() == 3
    assert sorted(checks(world)) == sorted(run_ids)


def test_what_sqs_takes_only_a_part_of_keeps_no_other_run_from_being_swept(world: World):
    run_ids = lost(world, 25, apart_seconds=0.01)
    partly = Answer(200, {"Successful": [{"Id": "0", "MessageId": "m"}], "Failed": []})
    world.wire.interceptor = at_first(lambda request: request.operation == "SendMessageBatch", lambda: partly)

    with pytest.raises(Exception, match="SQS took 1 of 10 messages"):
        world.sweep()

    assert checks(world) == run_ids[10:]


def test_a_queue_that_takes_nothing_is_asked_no_more(world: World):
    lost(world, 25)
    answers = [Answer(200, {"Successful": [], "Failed": []})] * 3
    world.wire.interceptor = lambda request: (
        answers.pop() if request.operation == "SendMessageBatch" else None
    )

    with pytest.raises(Exception, match="SQS took 0 of 10 messages"):
        world.sweep()

    assert len(answers) == 2


def test_a_sweep_ends_in_time_and_the_next_one_goes_on_behind_it(world: World):
    run_ids = lost(world, 30, apart_seconds=0.01)
    sends = 0

    def intercept(request: Request) -> None:
        nonlocal sends
        sends += request.operation == "SendMessageBatch"

    world.wire.interceptor = intercept

    assert world.sweep(seconds=4) == 0
    assert sends == 0
    assert world.sweep() == 30
    assert checks(world) == run_ids

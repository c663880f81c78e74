"""The exact counts behind `make bench BENCH="growth backlog"`, with few runs."""

import pytest

from bench.backlog import work_off
from bench.growth import exact, measure, partition_shares
from bench.simulated.queues import LeanQueue
from bench.simulated.table import IndexedTable
from tests.harness.memory_table import MemoryTable
from tests.harness.template import Template

pytestmark = pytest.mark.usefixtures("socket_enabled")


def test_a_run_costs_the_same_whatever_number_of_others_is_open():
    few, many = measure(10, 1), measure(300, 1)

    assert exact(many) == exact(few)
    assert few.sweep_requests == 21  # 8 partitions, 12 kinds with an open status, how many messages wait


def test_the_write_units_of_each_shared_partition_key_are_known():
    assert partition_shares(3) == {
        "StandingIndex response#queued": 2,
        "StandingIndex response#in_progress": 2,
        "StandingIndex response#completed": 1,
        "ListIndex run": 1,
        "SweepIndex, each of 8 keys": 0.25,
    }


def test_a_backlog_is_worked_off_by_one_sweep_with_no_check_sent_twice():
    worked = work_off(60, 10, real=20)

    assert [runs for _, _, runs in worked.sweeps] == [60]
    assert worked.sent_twice == 0
    assert worked.requests_of_sweeps == 6 + 21  # batches, and what a sweep asks that finds nothing
    assert worked.curve[-1][1] == 60


def test_an_index_answers_from_its_partition_what_the_whole_table_would():
    template = Template({})
    lean, plain = IndexedTable(template), MemoryTable(template)
    for number in range(20):
        item = {
            name: {"S": value}
            for name, value in {
                "pk": f"run_{number}",
                "sk": "run",
                "sweep": f"open#{number % 3}",
                "due_at": f"2026-{number:02}",
            }.items()
        }
        for table in (lean, plain):
            table.answer("PutItem", {"Item": item})
    for table in (lean, plain):
        table.answer("DeleteItem", {"Key": {"pk": {"S": "run_4"}, "sk": {"S": "run"}}})
        table.answer(
            "UpdateItem",
            {"Key": {"pk": {"S": "run_7"}, "sk": {"S": "run"}}, "UpdateExpression": "REMOVE sweep"},
        )
    query = {
        "IndexName": "SweepIndex",
        "KeyConditionExpression": "sweep = :partition AND due_at < :late",
        "ExpressionAttributeValues": {":partition": {"S": "open#1"}, ":late": {"S": "2026-17"}},
    }

    found = [[item["pk"]["S"] for item in table.answer("Query", query)["Items"]] for table in (lean, plain)]

    assert found[0] == found[1] == ["run_1", "run_10", "run_13", "run_16"]


def test_a_lean_queue_gives_what_waits_up_to_so_much_or_nothing_before_there_is_so_much():
    now = 0.0
    queue = LeanQueue(lambda: now)
    for delay in (0, 0, 7, 9):
        queue.send(f"after {delay}", delay)

    assert queue.take_batch(10, at_least=3) == []
    assert (queue.next_visible_at(3), queue.next_visible_at(5)) == (7, None)
    now = 8
    assert [each.body for each in queue.take_batch(2, at_least=3)] == ["after 0", "after 0"]
    assert [each.body for each in queue.take_batch(10)] == ["after 7"]


def test_a_lean_queue_hides_what_is_received_and_delayed_and_shows_it_again():
    now = 0.0
    queue = LeanQueue(lambda: now)
    queue.send("delayed", 30)
    first = queue.send("at once")

    assert queue.waiting() == 1
    taken = queue.take()
    assert taken is not None
    assert (taken.body, taken.receives, queue.take(), queue.waiting()) == ("at once", 1, None, 0)
    assert queue.next_visible_at() == 30
    queue.delete(first)
    now = 31
    again = queue.take()
    assert again is not None
    assert again.body == "delayed"
    now = 31 + 360
    back = queue.take()
    assert back is not None
    assert (back.body, back.receives) == ("delayed", 2)

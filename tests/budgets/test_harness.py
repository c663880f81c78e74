from dataclasses import replace

import pytest

from tests.harness.item_sizes import Index, Write, index_write_units, item_size, write_units
from tests.harness.scenario import calling, saying
from tests.harness.wire import Answer, Fault, Request, at_first

KEYS_ONLY = Index(frozenset({"listing"}), frozenset({"listing", "pk"}))
A_CALL = calling(("get_order", {"order_id": "A-1"}))


def a_create(request: Request) -> bool:
    return request.operation == "POST /v1/responses"


def test_a_run_goes_from_start_to_end_through_the_real_handlers(world):
    run_id = world.start(A_CALL, saying("done"), tools=["get_order"])

    world.run_to_end(run_id)

    run = world.run(run_id)
    assert (run["status"], run["result"]["output_text"]) == ("completed", "done")
    assert [call["outcome"] for call in run["calls"]] == ["succeeded"]


def test_looking_at_a_run_costs_nothing(world):
    run_id = world.start(saying("done"))
    before = world.costs()

    world.run(run_id)
    world.timeline(run_id)

    assert world.costs() == before


def test_a_killed_function_sends_nothing_more_and_its_message_comes_back(world):
    run_id = world.start(saying("done"))
    world.wire.interceptor = at_first(a_create, lambda: Fault.KILL_AFTER)
    [message] = world.run_queue.visible

    not_done = world.deliver(message)

    assert not_done == [message]
    assert world.wire.exchanges[-1].request.operation == "POST /v1/responses"
    assert world.run_queue.visible == []
    world.run_to_end(run_id)
    assert len(world.simulator.resources()) == 1


def test_a_request_that_is_answered_by_the_wire_is_not_applied(world):
    world.start(saying("done"))
    throttled = Answer(400, {"__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException"})
    world.wire.interceptor = lambda request: throttled if request.service == "dynamodb" else None
    before, items = world.costs(), world.items()

    world.deliver(*world.run_queue.visible)

    assert world.costs() == before
    assert world.items() == items


def test_overlapping_deliveries_run_in_instances_of_their_own(world):
    world.start(saying("done"))
    [message] = world.run_queue.visible
    owners = []

    def intercept(request: Request) -> None:
        by = (request.body or {}).get("ExpressionAttributeValues", {}).get(":submitting_by")
        if by and not owners:
            owners.append(by)
            world.deliver(message)
        elif by:
            owners.append(by)

    world.wire.interceptor = intercept
    world.deliver(message)

    assert len({owner["S"] for owner in owners}) == 2


def test_a_message_received_too_often_is_a_dead_letter(world):
    world.start(saying("done"))
    world.wire.interceptor = lambda request: Fault.KILL_BEFORE if request.sender == "worker" else None

    world.settle()

    assert [message.approximate_receive_count for message in world.run_queue.dead_letters] == [5]


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ({"S": "hé"}, 3),
        ({"N": "0"}, 1),
        ({"N": "100"}, 2),
        ({"N": "-12345"}, 5),
        ({"BOOL": True}, 1),
        ({"L": [{"S": "a"}]}, 5),
        ({"M": {"k": {"S": "a"}}}, 6),
    ],
)
def test_an_attribute_is_as_large_as_dynamodb_says(value, size):
    assert item_size({"name": value}) == len("name") + size


def test_a_write_costs_a_unit_for_each_kilobyte_of_the_larger_item():
    small, large = ({"pk": {"S": "x" * length}} for length in (10, 2000))

    assert write_units(Write(small, large)) == write_units(Write(large, small)) == 2
    assert write_units(Write(None, None)) == 1
    assert write_units(replace(Write(None, small), is_transactional=True)) == 2


def test_an_index_is_written_only_when_what_it_projects_changes():
    outside = {"pk": {"S": "run_1"}, "status": {"S": "queued"}}
    inside = {**outside, "listing": {"S": "run"}}

    costs = [
        index_write_units(Write(before, after), [KEYS_ONLY])
        for before, after in [
            (None, outside),
            (None, inside),
            (inside, {**inside, "status": {"S": "completed"}}),
            (inside, {**inside, "listing": {"S": "other"}}),
            (inside, outside),
        ]
    ]

    assert costs == [0, 1, 0, 2, 1]

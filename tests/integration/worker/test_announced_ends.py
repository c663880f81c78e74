"""The end of a run is announced at least once: a crash may repeat it, and a lost request delay it."""

from typing import Any

import pytest

from tests.harness.scenario import saying
from tests.harness.wire import Answer, Fault, Request, at_first
from tests.harness.world import World
from tests.integration.worker.traffic import announced

OUT_OF_ORDER = Answer(500, {"__type": "InternalException", "message": "no"})


def ends(world: World) -> list[dict[str, Any]]:
    return [each for each in announced(world, "Run Status Changed") if each["status"] == "completed"]


def tells_the_end(request: Request) -> bool:
    return (
        request.operation == "PutEvents" and '"status": "completed"' in request.body["Entries"][0]["Detail"]
    )


def test_an_end_is_announced_once(world: World):
    run_id = world.start(saying("done"))

    world.run_to_end(run_id)
    world.settle()

    assert [each["status_from"] for each in ends(world)] == ["in_progress"]


@pytest.mark.parametrize("fault", [Fault.KILL_BEFORE, Fault.KILL_AFTER], ids=lambda fault: fault.name)
def test_an_end_whose_worker_died_is_announced_by_the_next(world: World, fault):
    world.wire.interceptor = at_first(tells_the_end, lambda: fault)

    run_id = world.start(saying("done"))
    world.run_to_end(run_id)
    world.settle()

    assert {"run_id": run_id, "status_from": None}.items() <= ends(world)[-1].items()


def test_an_end_that_eventbridge_did_not_take_is_announced_later(world: World):
    refused: list[Request] = []

    def refuse_first_two(request: Request) -> Answer | None:
        if not tells_the_end(request) or len(refused) == 2:
            return None
        refused.append(request)
        return OUT_OF_ORDER

    world.wire.interceptor = refuse_first_two  # the second is botocore's own retry

    run_id = world.start(saying("done"))
    world.run_to_end(run_id)
    world.settle()

    assert [each["run_id"] for each in ends(world)] == [run_id]


def test_an_eventbridge_that_is_down_holds_up_no_run(world: World):
    world.wire.interceptor = lambda request: OUT_OF_ORDER if request.operation == "PutEvents" else None

    run_id = world.start(saying("done"))
    world.run_to_end(run_id)
    world.settle()

    assert world.run(run_id)["status"] == "completed"
    assert world.run_queue.dead_letters == []

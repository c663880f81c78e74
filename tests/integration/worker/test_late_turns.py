"""A turn that began when its run was over already: nobody awaits it, so it is stopped."""

from collections.abc import Callable

import pytest

from tests.harness.scenario import ENDLESS, calling
from tests.harness.wire import Request, at_first
from tests.harness.world import World

GET = ("get_order", {"order_id": "A-1"})
CREATES = {
    "response": "/v1/responses",
    "session": "/v1/agents/sessions",
    "thread": "/runs",
}
DEADLINE_SECONDS = 3600


def creates(kind: str, number: int) -> Callable[[Request], bool]:
    """Tell the create of a turn, the first or a later one, from all other requests."""
    seen = 0

    def is_it(request: Request) -> bool:
        nonlocal seen
        is_create = request.operation.startswith("POST") and request.operation.endswith(CREATES[kind])
        seen += is_create
        return is_create and seen == number

    return is_it


@pytest.mark.parametrize(
    ("kind", "turn"),
    [("response", 1), ("response", 2), ("session", 1), ("thread", 1)],
)
def test_a_turn_that_began_as_its_run_ended_is_stopped_and_on_the_timeline(world: World, kind, turn):
    def end() -> None:
        world.clock.skip(DEADLINE_SECONDS)
        world.sweep()
        for message in world.run_queue.visible:
            world.deliver(message)
        assert world.is_over(run_id)

    world.wire.interceptor = at_first(creates(kind, turn), end)
    turns = [calling(GET)] * (turn - 1)
    run_id = world.start(*turns, ENDLESS, kind=kind, tools=["get_order"], deadline_seconds=DEADLINE_SECONDS)
    world.run_to_end(run_id)
    world.settle()

    last = world.simulator.resources()[-1]
    orphans = [each for each in world.timeline(run_id) if each["type"] == "orphan_cancelled"]
    assert [(each["turn"], each["provider_id"].rpartition("/")[2]) for each in orphans] == [
        (turn, last["id"])
    ]
    assert last["status"] in ("cancelled", "cancelling", "idle")
    assert world.run(run_id)["status"] == "expired"

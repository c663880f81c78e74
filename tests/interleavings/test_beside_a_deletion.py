"""What may come at any moment of a deletion brings nothing back, and keeps nothing.

    .venv/bin/python -m pytest tests/interleavings/test_beside_a_deletion.py --exhaustive

At each request of the worker that deletes a run, before it is done, one thing happens. Without `--exhaustive`
each request has one thing, in turn.
"""

from collections.abc import Callable, Iterator
from itertools import count

import pytest
from contracts.status import KINDS

from tests.harness.scenario import calling, saying
from tests.harness.traces import payload_keys
from tests.harness.wire import Request
from tests.harness.world import World
from tests.integration.worker.traffic import receive

ORDER = ("get_order", {"order_id": "A-1"})

type Thing = Callable[[World, str], object]


def _say(reason: str) -> Thing:
    def say(world: World, run_id: str) -> None:
        body = {"version": 1, "message": "run", "run_id": run_id, "reason": reason, "attempt": 0}
        world.run_queue.send(body)
        world.deliver(world.run_queue.messages[-1])

    return say


def _run_a_call(world: World, run_id: str) -> None:
    call = next(
        (each["call_id"]["S"] for each in world.items() if each["sk"]["S"].startswith("call#")), "call_1"
    )
    world.tool_queue.send({"version": 1, "message": "call", "run_id": run_id, "turn": 1, "call_id": call})
    world.deliver(world.tool_queue.messages[-1])


def _hear_of_it_again(world: World, _run_id: str) -> None:
    for kind, event_type in (("response", "response.completed"), ("session", "agent.session.idle")):
        for path in world.made(kind)[-1:]:
            receive(world, event_type, path.rpartition("/")[2])
            world.deliver(world.run_queue.messages[-1])


THINGS: dict[str, Thing] = {
    "another worker at the same": _say("delete"),
    "a check": _say("check"),
    "a call that ended": _say("call_ended"),
    "a call that asks": _say("decision_needed"),
    "a stop": _say("stop"),
    "an end to announce": _say("announce"),
    "the message of a call": _run_a_call,
    "a webhook": _hear_of_it_again,
    "a cancel": lambda world, run_id: world.request("POST", f"/runs/{run_id}/cancel"),
    "the same wish": lambda world, run_id: world.request("DELETE", f"/runs/{run_id}"),
    "a look": lambda world, run_id: world.request("GET", f"/runs/{run_id}"),
    "a sweep": lambda world, _: world.sweep(),
}


def moments(is_exhaustive: bool) -> Iterator[tuple[int, list[str]]]:
    """Count the worker's requests out, each with what happens at it."""
    names = list(THINGS)
    for number in count(1):
        yield number, names if is_exhaustive else [names[number % len(names)]]


def deleted_beside(world: World, kind: str, number: int, thing: Thing) -> tuple[str, bool]:
    """Play a run and delete it, and have a thing happen at a request; says whether there was such a one."""
    run_id = world.start(calling(ORDER), saying("done"), kind=kind, tools=["get_order"])
    world.run_to_end(run_id)
    world.settle()
    world.webhooks.clear()
    assert world.request("DELETE", f"/runs/{run_id}")["statusCode"] == 202
    left = iter(range(number))
    happened = False

    def intercept(request: Request) -> None:
        nonlocal happened
        if request.sender == "worker" and not happened and next(left, number) == number - 1:
            happened = True
            thing(world, run_id)

    world.wire.interceptor = intercept
    world.settle()
    world.wire.interceptor = lambda _request: None
    return run_id, happened


@pytest.mark.timeout(3000)
@pytest.mark.parametrize("kind", KINDS)
def test_whatever_comes_at_any_moment_of_a_deletion_a_tombstone_is_left(world: World, kind, is_exhaustive):
    tried = 0
    for number, names in moments(is_exhaustive):
        for name in names:
            run_id, happened = deleted_beside(world, kind, number, THINGS[name])
            own = [item["sk"]["S"] for item in world.items() if item["pk"]["S"] == run_id]
            assert own == ["run"], f"{name} at request {number}"
            assert payload_keys() == []
            assert [path for path in world.made(kind) if world.is_at_openai(path)] == []
            assert not world.run_queue.messages
            assert not world.run_queue.dead_letters
            tried += happened
        if not happened:
            break
    assert tried >= 12

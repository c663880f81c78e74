"""Every crash point of a deletion: wherever it breaks, a tombstone is left and nothing else.

    .venv/bin/python -m pytest tests/crash/test_crashed_deletions.py --exhaustive

A run is played to its end, and deleted; from then on the world is forked at every request, as in
`test_crash_points.py`.
"""

from collections.abc import Callable, Iterator
from random import Random

import pytest
from contracts.status import KINDS

from tests.crash.branches import Branches
from tests.crash.crash_world import Client, crash_world, explore
from tests.crash.scenarios import EMAIL, ORDER, Scenario, client_of
from tests.crash.test_crash_points import SEED, counted
from tests.harness.scenario import calling
from tests.harness.traces import payload_keys
from tests.harness.wire import Fault
from tests.summary import COUNTED

BUSY = Scenario("deleted", [calling(ORDER), calling(EMAIL)])
TOMBSTONE = {
    "pk",
    "sk",
    "run_id",
    "kind",
    "status",
    "created_at",
    "ended_at",
    "deleted_at",
    "format",
    "expires_at",
}


def deleting(branches: Branches, sample: Random | None, *, has_settled: bool) -> Callable[[Client], None]:
    """Have a run deleted once it is over, and everything break from then on."""

    def act(client: Client) -> None:
        if branches.point is None and not branches.faults:
            client.world.run_to_end(client.run_id)
            if has_settled:
                client.world.settle()
            branches.faults, branches.sample = tuple(Fault), sample
            branches.tried = branches.faults
        client.ask(f"/runs/{client.run_id}", None, key="delete", method="DELETE")

    return act


def what_is_left(client: Client, kind: str) -> Iterator[str]:
    world = client.world
    own = [item for item in world.items() if item["pk"]["S"] == client.run_id]
    if [item["sk"]["S"] for item in own] != ["run"] or own[0].keys() != TOMBSTONE:
        yield f"these items are left: {own}"
    requests = [item for item in world.items() if item["sk"]["S"] == "request"]
    if any("request" in item for item in requests):
        yield "its request is left"
    yield from (f"{key} is in the bucket" for key in payload_keys())
    yield from (f"{path} is at the provider" for path in world.made(kind) if world.is_at_openai(path))
    for queue in (world.run_queue, world.tool_queue):
        yield from (f"{queue.logical_id}: {each.body}" for each in (*queue.messages, *queue.dead_letters))
    if (status := world.request("GET", f"/runs/{client.run_id}")["statusCode"]) != 410:
        yield f"it is shown with a {status}"


@pytest.mark.timeout(3000)
@pytest.mark.usefixtures("socket_enabled")
@pytest.mark.parametrize("has_settled", [True, False], ids=["when all is quiet", "at once"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_deletion_ends_with_a_tombstone_wherever_it_breaks(
    kind, has_settled, is_exhaustive, processors, record_property
):
    sample = None if is_exhaustive else Random(f"{SEED} {kind} deleted {has_settled}")
    branches = Branches((), processors)
    with crash_world(branches) as world:
        client = client_of(world, kind, BUSY, acts=[deleting(branches, sample, has_settled=has_settled)])

        violations = explore(client, branches, lambda: list(what_is_left(client, kind)))

    record_property(COUNTED, counted(branches, violations))
    assert branches.counts.total() > 20
    assert not violations, f"{len(violations)} violations:\n" + "\n".join(violations)

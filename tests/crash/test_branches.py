"""What dies in a fork is dead, and what goes wrong in one is heard of."""

import os
import signal
from typing import Any

import boto3
import pytest

from tests.crash.branches import Branches
from tests.crash.crash_world import Client, crash_world, explore
from tests.harness.template import REGION
from tests.harness.wire import Fault


@pytest.fixture(autouse=True)
def _sockets(socket_enabled):
    """A world's event loop has a pair of them."""


def ask_aws(world: Any, *, finally_touch: Any = None) -> None:
    """Send one request, as a function would."""
    with world.wire.invocation("worker"):
        try:
            boto3.client("sqs", region_name=REGION).list_queues()
        finally:
            if finally_touch and os.getpid() != finally_touch[0]:
                finally_touch[1].touch()


@pytest.mark.parametrize("fault", [Fault.KILL_BEFORE, Fault.KILL_AFTER])
def test_a_function_that_is_killed_never_gets_to_its_finally(fault, tmp_path):
    branches, touched = Branches(faults=(fault,)), tmp_path / "finally"
    with crash_world(branches) as world:
        world.branching_wire.after_death = lambda: branches.end([f"touched: {touched.exists()}"])

        ask_aws(world, finally_touch=(os.getpid(), touched))
        branches.collect()

    assert [each.rpartition(", ")[2] for each in branches.violations] == [
        f"{'killed before' if fault is Fault.KILL_BEFORE else 'killed after'} it: touched: False"
    ]
    assert not touched.exists()


def test_the_request_is_applied_if_it_is_killed_after_it_and_not_before():
    branches = Branches(faults=(Fault.KILL_BEFORE, Fault.KILL_AFTER))
    with crash_world(branches) as world:
        world.branching_wire.after_death = lambda: branches.end([f"{len(world.wire.exchanges)} applied"])

        ask_aws(world)
        branches.collect()

    assert [each[-9:] for each in branches.violations] == ["0 applied", "1 applied"]


def test_a_fork_that_ends_without_a_word_is_a_violation():
    branches = Branches(faults=(Fault.KILL_BEFORE,))
    with crash_world(branches) as world:
        world.branching_wire.after_death = lambda: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[assignment, return-value]

        ask_aws(world)
        branches.collect()

    assert ["said nothing" in each for each in branches.violations] == [True]


@pytest.mark.parametrize("fault", list(Fault))
def test_whatever_a_fork_raises_is_a_violation_that_names_its_point(fault):
    branches = Branches(faults=(fault,))
    with crash_world(branches) as world:
        client = Client(world, [lambda each: each.world.sweep()])

        def see() -> list[str]:
            assert branches.point is None
            return []

        violations = explore(client, branches, see)

    assert violations
    assert all(each.startswith("request ") and "Error" in each for each in violations)

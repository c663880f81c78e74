"""Every crash point of every run, by enumeration; or, for a quick answer, every request with one fault.

    .venv/bin/python -m pytest tests/crash --exhaustive     every fault at every request
    CRASH_SEED=7 .venv/bin/python -m pytest tests/crash     one fault at every request, drawn

The quick answer counts the requests of the kinds together: one that the same lines of ours send for the same
time in a run of several kinds is tried in the first of them.

A clean run is played once for each kind and scenario. At each request that a function sends to AWS or OpenAI
the world is forked four times: the function is killed before it, or after it, or the request is lost, or its
reply is. Each fork goes on to the end, and is judged by the promises in `invariants.py`. (To die before a
request is to die after the one before it, if one invocation sends both; so these two are one fork.)
"""

import os
from collections import Counter
from collections.abc import Sequence
from functools import cache
from itertools import takewhile
from random import Random
from typing import Any

import pytest
from contracts.status import Kind

from tests.crash.branches import Branches, Place
from tests.crash.crash_world import crash_world, explore
from tests.crash.invariants import Evidence, broken_promises
from tests.crash.scenarios import SCENARIOS, client_of
from tests.harness.wire import Fault
from tests.summary import COUNTED

SEED = os.environ.get("CRASH_SEED", "20261125")


@pytest.fixture
def branches(kind, scenario, is_exhaustive, processors, socket_enabled) -> Branches:
    """Forks with every fault; or with one of them at each request that is no other kind's as well."""
    if is_exhaustive:
        return Branches(tuple(Fault), processors)
    elsewhere = Counter[Place]()
    for other in takewhile(kind.__ne__, scenario.kinds):
        elsewhere |= places(SCENARIOS.index(scenario), other)
    sample = Random(f"{SEED} {kind} {scenario.name}")
    return Branches(tuple(Fault), processors, sample, elsewhere)


@cache
def places(scenario: int, kind: Kind) -> Counter[Place]:
    """Play a clean run, and say where its requests are sent from, and how often."""
    branches = Branches(faults=())
    with crash_world(branches) as world:
        client_of(world, kind, SCENARIOS[scenario]).play()
    return branches.places


@pytest.mark.timeout(3000)  # there are hundreds of points in each
@pytest.mark.parametrize(
    ("kind", "scenario"),
    [
        pytest.param(kind, scenario, id=f"{kind}, {scenario.name}")
        for scenario in SCENARIOS
        for kind in scenario.kinds
    ],
)
def test_no_promise_is_broken_wherever_a_run_breaks(kind, scenario, branches, record_property):
    with crash_world(branches) as world:
        client = client_of(world, kind, scenario)

        violations = explore(
            client, branches, lambda: broken_promises(Evidence(client, scenario, branches.point))
        )

    record_property(COUNTED, counted(branches, violations))
    assert not violations, f"{len(violations)} violations:\n" + "\n".join(violations)


def counted(branches: Branches, violations: Sequence[str]) -> dict[str, Any]:
    """Count the points of a world, by what went wrong there."""
    counts = branches.counts
    return {
        "what": "crash points",
        "points": counts.total(),
        "killed": counts[Fault.KILL_BEFORE] + counts[Fault.KILL_AFTER],
        "replies lost": counts[Fault.LOSE_REPLY],
        "requests lost": counts[Fault.LOSE_REQUEST],
        "violations": len(violations),
    }

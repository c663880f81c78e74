"""Every crash point of every run, by enumeration: none is sampled.

    .venv/bin/python -m pytest tests/crash

A clean run is played once for each kind and scenario. At each request that a function sends to AWS or OpenAI
the world is forked four times: the function is killed before it, or after it, or the request is lost, or its
reply is. Each fork goes on to the end, and is judged by the promises in `invariants.py`. (To die before a
request is to die after the one before it, if one invocation sends both; so these two are one fork.)
"""

import pytest

from tests.crash.branches import Branches
from tests.crash.crash_world import crash_world, explore
from tests.crash.invariants import Evidence, broken_promises
from tests.crash.scenarios import SCENARIOS, client_of
from tests.harness.wire import Fault


@pytest.mark.timeout(3000)  # there are hundreds of points in each
@pytest.mark.parametrize(
    ("kind", "scenario"),
    [
        pytest.param(kind, scenario, id=f"{kind}, {scenario.name}")
        for scenario in SCENARIOS
        for kind in scenario.kinds
    ],
)
def test_no_promise_is_broken_wherever_a_run_breaks(kind, scenario, tally):
    branches = Branches(faults=tuple(Fault))
    with crash_world(branches) as world:
        client = client_of(world, kind, scenario)

        violations = explore(
            client, branches, lambda: broken_promises(Evidence(client, scenario, branches.point))
        )

    tally.update(branches.counts)
    tally["violations"] += len(violations)
    assert not violations, f"{len(violations)} violations:\n" + "\n".join(violations)

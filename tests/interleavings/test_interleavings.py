"""Whatever comes at whatever moment of a run, by enumeration; or, for a quick answer, some of it by seed.

    pytest tests/interleavings --exhaustive             everything at every request, and pairs by seed
    INTERLEAVINGS_SEED=7 pytest tests/interleavings     one thing at each request, drawn
    INTERLEAVINGS_ONLY="after request 12, a cancel" pytest tests/interleavings -k response-one_call

A run is played once for each kind and scenario. At each request that a function sends to AWS or OpenAI,
before it is applied and after, when only its answer is awaited, each thing is let happen that may come then:
a webhook, a message, a sweep, a cancel, a decision, an output, or all that is left to do, by another worker.
Then the run goes on to its end, and is judged by the promises in `promises.py`.
"""

import logging
import os
import random
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from contracts.status import Kind

from tests.interleavings import moments
from tests.interleavings.moments import Moment
from tests.interleavings.play import Play
from tests.interleavings.scenarios import SCENARIOS, Scenario
from tests.interleavings.search import (
    moments_of_one,
    pairs_of_moments,
    some_moments_of_one,
    survey,
)
from tests.interleavings.stage import watched_world
from tests.interleavings.watched import Watch
from tests.schedules.small_world import SmallWorld
from tests.summary import COUNTED

SEED = os.environ.get("INTERLEAVINGS_SEED", "20261125")
ONLY = os.environ.get("INTERLEAVINGS_ONLY")
IS_WHOLE = os.environ.get("INTERLEAVINGS") == "all"
"""As `--exhaustive`."""

PAIRS, SOME_PAIRS = 120, 1
"""In how many runs of each kind and scenario two things come."""


def _name(kind: Kind, scenario: Scenario) -> str:
    return f"{kind}-{scenario.name.replace(' ', '_')}"


@pytest.fixture(scope="module")
def one_for_all() -> Iterator[tuple[SmallWorld, Watch]]:
    with watched_world() as world:
        yield world


@pytest.mark.timeout(3600)
@pytest.mark.parametrize(
    ("kind", "scenario"),
    [
        pytest.param(kind, scenario, id=_name(kind, scenario))
        for scenario in SCENARIOS
        for kind in scenario.kinds
    ],
)
@pytest.mark.usefixtures("socket_enabled")
def test_no_promise_is_broken_whatever_comes_and_whenever(
    kind, scenario, one_for_all, is_exhaustive, record_property
):
    usual = survey(*one_for_all, kind, scenario)
    assert not usual.noticed, usual.noticed

    chosen = [*_chosen(usual, is_whole=is_exhaustive or IS_WHOLE)]
    plays = (Play(*one_for_all, kind, scenario, each) for each in chosen)
    violations = [_told(play) for play in plays if not _is_well(play)]

    record_property(COUNTED, _counted(chosen, violations))
    assert not violations, f"{len(violations)} violations:\n" + "\n".join(violations)


def _chosen(usual: Play, *, is_whole: bool) -> Iterator[Sequence[Moment]]:
    """Choose what comes: single moments, and pairs."""
    if ONLY:
        yield moments.read(ONLY)
        return
    scenario, chance = usual.scenario, random.Random(f"{SEED} {usual.kind} {usual.scenario.name}")
    if is_whole:
        singles = moments_of_one(usual.points, scenario)
    else:
        singles = some_moments_of_one(usual.points, scenario, chance)
    yield from ((moment,) for moment in singles)
    yield from pairs_of_moments(usual.points, scenario, chance, PAIRS if is_whole else SOME_PAIRS)


def _counted(chosen: Sequence[Sequence[Moment]], violations: Sequence[str]) -> dict[str, Any]:
    pairs = sum(len(each) > 1 for each in chosen)
    return {
        "what": "interleavings",
        "moments": len(chosen),
        "of them pairs": pairs,
        "violations": len(violations),
    }


def _is_well(play: Play) -> bool:
    """Play it; what it logs would fill the memory, for pytest keeps it all."""
    root = logging.getLogger()
    kept, root.handlers = root.handlers, []
    try:
        play.perform()
    finally:
        root.handlers = kept
    return not play.noticed


def _told(play: Play) -> str:
    """Say what was wrong, where, and how to have it again."""
    where = " & ".join(map(str, play.moments))
    what = ", and ".join(play.met.values())
    found = "".join(f"\n    {each}" for each in play.noticed)
    name = _name(play.kind, play.scenario)
    again = f"INTERLEAVINGS_ONLY={where!r} pytest tests/interleavings -k '{name}'"
    return f"{name}: {where} ({what}){found}\n    again: {again}"

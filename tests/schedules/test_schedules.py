"""Whatever is delivered, in whatever order, however often: the final record is the same.

    SCHEDULES_SEED=7 pytest tests/schedules/test_schedules.py

draws other schedules than the usual ones; `--exhaustive` draws two thousand. Seed and counts are shown in the
end.
"""

import os
from collections.abc import Iterator
from math import ceil
from typing import Any

import pytest
from contracts.status import KINDS
from hypothesis import HealthCheck, Phase, example, given, seed, settings

from tests.schedules.final_record import final_record
from tests.schedules.scenarios import (
    APPROVAL,
    LARGE_REFUND_DECIDED,
    NO_CALL,
    ONE_CALL,
    OUTSIDE_CALL,
    PARALLEL_CALLS,
    TOOLS,
    TWO_ROUNDS,
    Scenario,
)
from tests.schedules.schedule import SCHEDULES, Move, Performance, Schedule
from tests.schedules.small_world import SmallWorld, small_world
from tests.summary import COUNTED

SEED = int(os.environ.get("SCHEDULES_SEED", "20261121"))

EVERY_KIND = {
    NO_CALL: 320,
    OUTSIDE_CALL: 210,
    ONE_CALL: 40,
    TWO_ROUNDS: 40,
    PARALLEL_CALLS: 20,
    LARGE_REFUND_DECIDED: 20,
}
SHARES = {(kind, scenario): share for kind in KINDS for scenario, share in EVERY_KIND.items()}
SHARES["session", APPROVAL] = 60
"""How many schedules each kind and scenario gets; fewer where a call is a process, which takes longest."""

SAMPLE = 20
"""One of so many, but with `--exhaustive`."""

PLAIN = Schedule(pace=0, moves=(), copies=(1,), late=())
"""Every webhook once, at once, and everything in order."""


def overlapping(request: int) -> Schedule:
    """Deliver a run's first message to two workers: to one in the middle of the other's look."""
    moves = (Move("batch", during=request), Move("batch"))
    return Schedule(pace=0, moves=moves, copies=(1,), late=())


def carried_out(world: SmallWorld, kind: str, scenario: Scenario, schedule: Schedule) -> dict[str, Any]:
    """Start a run in an empty world, carry a schedule out on it, and tell what it came to."""
    world.reset()
    run_id = world.start_kind(kind, *scenario.turns(schedule.pace), tools=TOOLS)

    Performance(world, run_id).perform(schedule)

    assert not world.run_queue.dead_letters
    assert not world.tool_queue.dead_letters
    return final_record(world, run_id)


@pytest.fixture(scope="module")
def world() -> Iterator[SmallWorld]:
    with small_world() as one_for_all:
        yield one_for_all


@pytest.mark.parametrize(("kind", "scenario"), SHARES, ids=lambda each: getattr(each, "name", each))
def test_whatever_is_delivered_the_final_record_is_the_same(
    kind, scenario, world, is_exhaustive, record_property
):
    share = ceil(SHARES[kind, scenario] / (1 if is_exhaustive else SAMPLE))
    carried: list[Schedule] = []
    usual = carried_out(world, kind, scenario, PLAIN)
    assert usual["run"]["status"] == "completed"
    assert sorted(call["attempts"] for call in usual["calls"]) == sorted(scenario.attempts)

    @seed(SEED)
    @settings(
        max_examples=share,
        database=None,
        deadline=None,
        suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large),
        phases=(Phase.explicit, Phase.generate, Phase.shrink),
    )
    @example(schedule=overlapping(2))
    @example(schedule=overlapping(3))
    @given(schedule=SCHEDULES)
    def is_the_same(schedule: Schedule) -> None:
        carried.append(schedule)
        assert carried_out(world, kind, scenario, schedule) == usual

    is_the_same()
    record_property(COUNTED, {"what": f"schedules (SCHEDULES_SEED={SEED})", "carried out": len(carried)})
    assert len(carried) >= share


def test_there_are_two_thousand_schedules():
    assert sum(SHARES.values()) >= 2000

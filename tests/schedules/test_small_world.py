"""What stands in for moto here must answer as moto does."""

import pytest
from contracts.status import KINDS

from tests.schedules.scenarios import APPROVAL, LARGE_REFUND_DECIDED, PARALLEL_CALLS, TOOLS, TWO_ROUNDS
from tests.schedules.schedule import Move, Performance, Schedule

MOVES = (
    Move("webhook", during=6),
    Move("batch", how=3),
    Move("webhook"),
    Move("batch", how=7),
    Move("batch", during=9),
    Move("call"),
    Move("answer"),
    Move("webhook", which=1),
    Move("batch", which=1, how=7),
    Move("skip", how=4),
    Move("sweep"),
)
BUSY = Schedule(pace=0, moves=MOVES, copies=(1, 2, 0), late=(Move("webhook"), Move("batch", how=3)))
SCENARIOS = {"response": PARALLEL_CALLS, "session": APPROVAL, "thread": TWO_ROUNDS}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("is_decided", [True, False])
def test_the_table_in_memory_answers_as_moto_does(kind, is_decided, small):
    scenario = LARGE_REFUND_DECIDED if is_decided else SCENARIOS[kind]
    small.aws.is_compared = True
    run_id = small.start_kind(kind, *scenario.turns(0), tools=TOOLS)

    Performance(small, run_id).perform(BUSY)

    assert small.run(run_id)["status"] == "completed"
    assert small.aws.differences == []
    assert small.aws.compared > 30

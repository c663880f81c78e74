"""Of several records of a turn the timeline tells the run's own; others are of workers that came too late."""

from dataclasses import replace

import pytest
from contracts.items import to_item
from contracts.run_records import RunRecords
from contracts.turns import turns_as_written

from functions.api.timeline import timeline
from tests.unit.layer.records import a_call, a_run, a_turn, after

OWN = a_turn(read_at=3, status="requires_action", woken_by="check", ended_at=after(2))
LATE = a_turn(read_at=4, status="completed", woken_by="webhook", ended_at=after(30))
LOST_ITS_RACE = a_turn(read_at=2, status="requires_action", woken_by="webhook", ended_at=after(1))
CALL = a_call(created_at=after(2), read_at=3)
OLD_CALL = a_call(created_at=after(2))
IN_THE_SAME_MOMENT = replace(LATE, ended_at=after(2))


@pytest.mark.parametrize(
    ("records", "call"),
    [
        ([OWN, LATE], CALL),
        ([LOST_ITS_RACE, OWN], CALL),
        ([LOST_ITS_RACE, OWN, LATE], CALL),
        ([OWN, IN_THE_SAME_MOMENT], CALL),
        ([OWN], CALL),
        ([LOST_ITS_RACE, OWN, LATE], OLD_CALL),
    ],
)
def test_a_past_turn_is_told_as_it_was_when_its_calls_were_written_down(records, call):
    run = a_run(turn=2, turn_started_at=after(3))

    told = timeline(RunRecords([to_item(each) for each in (run, *records, call)]))

    ends = [(each.woken_by, each.status) for each in told.events if each.type == "turn_ended"]
    assert ends == [("check", "requires_action")]


def test_a_past_turn_without_calls_is_told_as_who_read_the_run_last_saw_it():
    assert turns_as_written([OWN, LATE, LOST_ITS_RACE], []) == {1: LATE}

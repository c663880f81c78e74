"""What a soak does is chosen by its seed."""

from tests.soak.plan import KINDS, SHAPES, Forge, Kill, planned_runs


def test_the_same_seed_chooses_the_same_and_another_seed_something_else():
    assert planned_runs(50, 7) == planned_runs(50, 7)
    assert planned_runs(50, 7) != planned_runs(50, 8)


def test_a_longer_soak_begins_like_a_shorter_one():
    assert planned_runs(60, 7)[:50] == planned_runs(50, 7)


def test_a_hundred_runs_are_of_every_kind_and_shape_and_are_disturbed():
    planned = planned_runs(100, 7)
    mischief = [each for run in planned for each in run.mischief]

    assert {run.kind for run in planned} == set(KINDS)
    assert {run.shape for run in planned} == set(SHAPES)
    assert {type(each) for each in mischief} == {Kill, Forge}
    assert {run.approves for run in planned if run.shape == "a decision"} == {True, False}


def test_no_two_effects_are_meant_to_be_the_same():
    calls = [call for run in planned_runs(300, 7) for turn in run.turns for call in turn.get("calls", ())]
    meant = [(call["name"], str(call["arguments"])) for call in calls]

    assert len(set(meant)) == len(meant)

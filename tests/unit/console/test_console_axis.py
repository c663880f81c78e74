"""Where moments are drawn."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runrelay.console.axis import even, with_short_waits

moments = st.floats(0, 100_000)
spans = st.lists(
    st.tuples(moments, st.floats(0, 600)).map(lambda each: (each[0], each[0] + each[1])), max_size=12
)


@given(spans, moments, moments)
def test_what_is_later_is_drawn_further_right_and_all_of_it_on_the_picture(work, one, other):
    end = max([1.0, *(each[1] for each in work)])
    axis = with_short_waits(0.0, end, work)

    places = [axis.at(each) for each in sorted([0.0, one, other, end])]

    assert places == sorted(places)
    assert axis.at(0.0) == pytest.approx(0, abs=0.01)
    assert axis.at(end) == pytest.approx(100, abs=0.01)
    assert all(-0.01 <= place <= 100.01 for place in places)


@given(spans)
def test_the_pieces_of_an_axis_follow_each_other(work):
    axis = with_short_waits(0.0, max([1.0, *(each[1] for each in work)]), work)

    for before, after in zip(axis.pieces, axis.pieces[1:], strict=False):
        assert before.ends == after.begins
        assert before.right == pytest.approx(after.left)
    assert all(piece.right > piece.left for piece in axis.pieces)


def test_two_hours_of_waiting_are_drawn_short_and_the_work_is_seen():
    axis = with_short_waits(0.0, 7210.0, [(0.0, 5.0), (7205.0, 7210.0)])

    (wait,) = axis.waits
    assert wait.right - wait.left == pytest.approx(9)
    assert axis.at(5.0) > 40
    assert axis.at(7205.0) < 60


def test_a_wait_that_is_short_beside_the_work_is_drawn_as_it_is():
    assert with_short_waits(0.0, 20.0, [(0.0, 10.0), (13.5, 20.0)]).waits == ()


def test_ticks_are_round_and_few():
    ticks = list(even(0.0, 47.0).ticks())

    assert [seconds for seconds, _ in ticks] == [0, 10, 20, 30, 40]
    assert ticks[1][1] == pytest.approx(100 * 10 / 47, abs=0.01)


@pytest.mark.parametrize(
    ("begins", "ends", "names"),
    [
        (0.0, 47.0, ["0 s", "10 s", "20 s", "30 s", "40 s"]),
        (0.0, 300.0, ["0 s", "1 min", "2 min", "3 min", "4 min", "5 min"]),
        (102.05, 102.32, ["1:42.1", "1:42.2", "1:42.3"]),
        (3661.0, 3663.0, ["1:01:01", "1:01:01.5", "1:01:02", "1:01:02.5", "1:01:03"]),
    ],
)
def test_no_two_ticks_have_one_name(begins: float, ends: float, names: list[str]):
    assert [name for _, name in even(begins, ends).named_ticks()] == names


def test_a_run_that_took_no_time_has_an_axis():
    axis = even(0.0, 0.0)

    assert axis.at(0.0) == 0
    assert list(axis.ticks())

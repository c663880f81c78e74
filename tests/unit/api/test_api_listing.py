import pytest

from functions.api.listing import MAX_RUNS_READ, Filter, Page, cursor_after, page_of, run_id_of
from tests.unit.layer.records import a_run

ANY = Filter()


def runs(count: int, **changes):
    return (a_run(run_id=f"run_{number:026}", **changes) for number in range(count))


@pytest.mark.parametrize(("count", "next_after"), [(0, None), (2, None), (3, None), (4, f"run_{2:026}")])
def test_the_last_page_has_no_next(count: int, next_after: str | None):
    page = page_of(runs(count), ANY, limit=3)

    assert page == Page(list(runs(min(count, 3))), next_after)


def test_a_filter_that_nothing_passes_stops_reading_and_says_where():
    read = runs(MAX_RUNS_READ + 20, status="failed")

    page = page_of(read, Filter(status="lost"), limit=20)

    assert page == Page([], next_after=f"run_{MAX_RUNS_READ - 1:026}")
    assert len(list(read)) == 19


def test_a_cursor_is_read_as_it_was_made():
    assert run_id_of(cursor_after("run_01JDZ3V8W8Q5Z8Q5Z8Q5Z8Q5Z8")) == "run_01JDZ3V8W8Q5Z8Q5Z8Q5Z8Q5Z8"

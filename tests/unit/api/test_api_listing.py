from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from contracts.items import to_item
from contracts.status import KINDS, STATUSES
from ulid import ULID

from functions.api.listing import Filter, Page, Partition, cursor_after, page_of, run_id_of
from tests.unit.layer.records import a_run

ANY = Filter()
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
LEAST, GREATEST = f"run_{'0' * 26}", f"run_7{'Z' * 25}"


def ids(count: int) -> list[str]:
    return [f"run_{number:026}" for number in range(count)]


def read(run_ids):
    return [a_run(run_id=run_id) for run_id in run_ids]


@pytest.mark.parametrize(("count", "next_after"), [(0, None), (2, None), (3, None), (4, f"run_{2:026}")])
def test_the_last_page_has_no_next(count: int, next_after: str | None):
    page = page_of(ids(count), read, ANY, limit=3)

    assert page == Page(read(ids(min(count, 3))), next_after)


def test_a_page_is_full_though_some_runs_are_gone_and_some_have_moved_on():
    gone, moved = ids(9)[1], ids(9)[2]

    def read_all_but(run_ids):
        kept = [run_id for run_id in run_ids if run_id != gone]
        return [a_run(run_id=run_id, status="lost" if run_id == moved else "failed") for run_id in kept]

    page = page_of(ids(9), read_all_but, Filter(statuses=("failed",)), limit=3)

    assert ([run.run_id for run in page.runs], page.next_after) == ([ids(9)[n] for n in (0, 3, 4)], ids(9)[4])


def test_no_run_is_read_that_is_not_shown():
    asked: list[str] = []

    def reading(run_ids):
        asked.extend(run_ids)
        return read(run_ids)

    page_of(ids(50), reading, ANY, limit=3)

    assert asked == ids(3)


@pytest.mark.parametrize("statuses", [(), ("failed",), ("failed", "lost")])
@pytest.mark.parametrize("kind", [None, "thread"])
@pytest.mark.parametrize("subject", [None, "a#customer"])
def test_a_run_stands_once_in_the_partitions_that_it_is_wanted_in_and_in_no_others(statuses, kind, subject):
    wanted = Filter(statuses, kind, subject).partitions()

    for its_kind, its_status, its_subject in product(KINDS, STATUSES, (None, "a#customer", "customer")):
        item = to_item(a_run(kind=its_kind, status=its_status, subject=its_subject))
        places = {"standing", "subject_standing"} & item.keys()
        stands = {(place, item[place]["S"]) for place in places} | {("listing", "run")}
        if its_subject:
            stands.add(("listing", f"subject#{its_subject}"))
        found = [each for each in wanted if (each.attribute, each.value) in stands]
        is_wanted = (
            (not statuses or its_status in statuses)
            and kind in (None, its_kind)
            and subject in (None, its_subject)
        )
        assert len(found) == is_wanted, (its_kind, its_status, its_subject)


def test_all_runs_and_a_subjects_are_one_partition_each():
    assert Filter().partitions() == [Partition("ListIndex", "listing", "run")]
    assert Filter(subject="x").partitions() == [Partition("ListIndex", "listing", "subject#x")]


@pytest.mark.parametrize(
    ("wanted", "after", "least", "greatest"),
    [
        (ANY, None, LEAST, GREATEST),
        (ANY, f"run_{'0' * 25}2", LEAST, f"run_{'0' * 25}1"),
        (Filter(since=NOON), None, f"run_{ULID.from_timestamp(NOON.timestamp())}"[:14] + "0" * 16, GREATEST),
        (
            Filter(until=NOON),
            None,
            LEAST,
            f"run_{ULID.from_timestamp(NOON.timestamp() - 0.001)}"[:14] + "Z" * 16,
        ),
        (
            Filter(since=NOON - timedelta(microseconds=999)),
            None,
            f"run_{ULID.from_timestamp(NOON.timestamp())}"[:14] + "0" * 16,
            GREATEST,
        ),
        (Filter(since=datetime(1, 1, 1, tzinfo=UTC)), None, LEAST, GREATEST),
    ],
    ids=["all", "after", "since", "until", "between milliseconds", "before time"],
)
def test_the_ids_of_a_time_are_those_from_its_first_millisecond_to_before_its_last(
    wanted: Filter, after, least, greatest
):
    assert wanted.ids_between(after) == (least, greatest)


@pytest.mark.parametrize(
    ("wanted", "after"),
    [
        (Filter(since=NOON, until=NOON), None),
        (Filter(until=datetime(1, 1, 1, tzinfo=UTC)), None),
        (ANY, LEAST),
        (Filter(since=NOON), LEAST[:-1] + "1"),
    ],
)
def test_a_time_that_is_none_has_no_ids(wanted: Filter, after):
    assert wanted.ids_between(after) is None


def test_a_cursor_is_read_as_it_was_made():
    assert run_id_of(cursor_after("run_01JDZ3V8W8Q5Z8Q5Z8Q5Z8Q5Z8")) == "run_01JDZ3V8W8Q5Z8Q5Z8Q5Z8Q5Z8"


@pytest.mark.parametrize("run_id", ["run_8" + "0" * 25, "run_" + "U" * 26, "run_1", "x"])
def test_a_cursor_of_nobodys_is_refused(run_id):
    with pytest.raises(ValueError, match="one of ours"):
        run_id_of(cursor_after(run_id))

"""Where in a text stands what keeps it from being taken."""

import json
import time

import pytest
from contracts.outside_json import MAX_NESTING, UnreadableJsonError, read_json
from hypothesis import given
from hypothesis import strategies as st

from functions.api.json_faults import faults, object_of

LONG = "9" * 5000
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ('{"a": {"b": [1, {"c": 1e999}]}}', [("a", "b", 1, "c")]),
        ('{"a": -1e999, "b": NaN, "c": [Infinity, -Infinity]}', [("a",), ("b",), ("c", 0), ("c", 1)]),
        (f'{{"a": [{LONG}, -{LONG}, 1]}}', [("a", 0), ("a", 1)]),
        (f"[{'9' * 4300}, -{'9' * 4300}, {'9' * 4301}]", [(2,)]),
        ("1e999", [()]),
        (LONG, [()]),
        ('{"a": 1, "b": 2, "a": 3, "a": 4}', [("a",), ("a",)]),
        ('{"a": {"x": 1, "x": 1}, "b": [{"y": 1, "\\u0079": 1}]}', [("a", "x"), ("b", 0, "y")]),
        ('{"a": {"x": 1}, "b": {"x": 1}, "c": ["x", "x"]}', []),
        ('{"a": "x", "b": "a", "c": {"a": "c"}}', []),
        ('{"a": "1e999 NaN {[", "b": "\\"a\\": 1e999"}', []),
        ('{"in": {"deep": ' + "[" * MAX_NESTING + "]" * MAX_NESTING + "}}", [("in", "deep", 0)]),
        ("[" * 100_000, [(0, 0, 0)]),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else str(value),
)
def test_each_fault_is_told_with_its_place(text, places):
    assert [place for place, _ in faults(text)] == places


def test_faults_are_looked_for_where_a_second_suffices():
    assert list(faults("[" + "1," * 160_000 + "1e999]")) == []
    assert [place for place, _ in faults("[" + "1," * 140_000 + "1e999]")] == [(140_000,)]


@given(document=DOCUMENTS)
def test_a_document_that_is_taken_has_no_faults(document):
    assert list(faults(json.dumps(document))) == []


@given(text=st.text(alphabet='[]{},:"\\ab19.-eE+ \n\tNaIfinty') | st.text())
def test_whatever_is_read_faults_are_found_only_in_what_is_not_taken(text):
    found = list(faults(text))
    try:
        read_json(text, object_of=object_of)
    except UnreadableJsonError:
        return

    assert found == []


@pytest.mark.parametrize(
    "text_of",
    [
        lambda size: '"' + '\\"' * (size // 2),
        lambda size: '{"a": 1e999, ' + '\\"' * (size // 2),
        lambda size: "[" + "1," * (size // 2) + "1e999]",
        lambda size: "9" * size,
        lambda size: "1" + "e" * size,
        lambda size: "{" + '"a":1,' * (size // 6) + '"a":1}',
    ],
    ids=["string", "quotes", "numbers", "digits", "letters", "keys"],
)
def test_the_time_to_look_through_a_text_grows_no_faster_than_the_text(text_of):
    small, large = (min(_seconds_of_work(text_of(size)) for _ in range(3)) for size in (30_000, 360_000))

    assert large < 12 * 4 * small  # a quadratic search would take 144 times as long


def _seconds_of_work(text: str) -> float:
    """The processor's seconds, whatever else the machine does."""
    started = time.process_time()
    list(faults(text))
    return time.process_time() - started

"""How things are written on pages."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from runrelay.console import words
from runrelay.console.live import event
from runrelay.console.notes import Note, Notes
from runrelay.durations import duration

NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("two\nlines\tand é ñ 漢 👍", "two\nlines\tand é ñ 漢 👍"),
        ("pay \u202eAMELIA", "pay \\u202eAMELIA"),
        ("a\u200bb\x1b[31m\x00", "a\\u200bb\\u001b[31m\\u0000"),
    ],
)
def test_what_would_hide_something_is_written_out(text: str, shown: str):
    assert words.visible(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{"b":1,"a":"é"}', '{\n  "b": 1,\n  "a": "é"\n}'),
        ("no JSON", "no JSON"),
        ("17", "17"),
        ("[" * 100_000, "[" * 100_000),
        ('{"to":"\\u202eAMELIA"}', '{\n  "to": "\u202eAMELIA"\n}'),
        ('{"a":1}' + " " * words.LONGEST_JSON, '{"a":1}' + " " * words.LONGEST_JSON),
        (None, ""),
    ],
    ids=["object", "text", "number", "deep", "hidden", "very long", "none"],
)
def test_json_is_written_over_lines_and_other_text_as_it_is(text: str | None, shown: str):
    assert words.pretty(text) == shown


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 ms"),
        (0.0421, "42 ms"),
        (1, "1.0 s"),
        (9.96, "10.0 s"),
        (42.9, "42 s"),
        (60, "1 min"),
        (152, "2 min 32 s"),
        (3600, "1 h"),
        (8040, "2 h 14 min"),
        (90_000, "1 d 1 h"),
        (-3, "0 ms"),
    ],
)
def test_durations_have_two_units_at_most(seconds: float, said: str):
    assert duration(timedelta(seconds=seconds)) == said


@pytest.mark.parametrize(
    ("seconds", "said"), [(-5, "0 s"), (59, "59 s"), (61, "1 min"), (7199, "1 h"), (172_800, "2 d")]
)
def test_ages_have_one_unit(seconds: int, said: str):
    assert words.age(NOW - timedelta(seconds=seconds), NOW) == said


def test_of_a_long_text_one_line_shows_the_beginning():
    assert words.in_one_line("a \n b " * 1_000_000, 9) == "a b a b …"
    assert words.in_one_line("short\u202e") == "short\\u202e"
    assert words.in_one_line(None) == ""


def test_what_is_too_long_is_cut_and_that_is_counted():
    text = "x" * (words.LONGEST_TEXT + 7)

    assert (len(words.cut(text)), words.left_out(text)) == (words.LONGEST_TEXT, 7)
    assert (words.cut("short"), words.left_out("short")) == ("short", 0)


def test_numbers_are_written_with_their_thousands_apart():
    assert [words.count(each) for each in (0, 1_234_567, None)] == ["0", "1\u202f234\u202f567", "\u2013"]


def test_an_event_is_one_line_whatever_is_in_it():
    name, data, *rest = event("change", {"html": "a\n\ndata: b\r\nevent: over"}).split("\n")

    assert (name, rest) == ("event: change", ["", ""])
    assert json.loads(data.removeprefix("data: ")) == {"html": "a\n\ndata: b\r\nevent: over"}


def test_a_note_is_said_once_and_on_a_page_of_ours():
    notes = Notes()

    address = notes.leave(Note("done"), "/runs/run_1?zoom=whole#calls")

    assert address.startswith("/runs/run_1?zoom=whole&note=")
    key = address.rpartition("=")[2]
    assert notes.take(key) == Note("done")
    assert notes.take(key) is None


def test_a_note_is_kept_for_the_page_that_follows_one_without_its_content():
    notes = Notes()
    key = notes.leave(Note("done"), "/").rpartition("=")[2]

    assert [notes.take(key, is_kept=True), notes.take(key), notes.take(key)] == [
        Note("done"),
        Note("done"),
        None,
    ]


@pytest.mark.parametrize("path", ["https://evil.example/x", "//evil.example/x", "/x", "x"])
def test_a_note_leads_nowhere_else(path: str):
    assert Notes().leave(Note("done"), path).startswith("/x?note=")


def test_notes_that_nobody_reads_do_not_pile_up():
    notes = Notes()

    addresses = [notes.leave(Note(str(number)), "/") for number in range(150)]

    assert notes.take(addresses[0].rpartition("=")[2]) is None
    assert notes.take(addresses[-1].rpartition("=")[2]) == Note("149")

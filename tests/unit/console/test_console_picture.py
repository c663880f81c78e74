"""A run's timeline, drawn."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from runrelay.client.models import Call, Run, TimelineEntry
from runrelay.console.picture import MOST_LANES, Picture, anchor, draw

T0 = datetime(2026, 11, 27, 9, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def a_run(*calls: Call, ended: float | None = None, status: str = "completed") -> Run:
    return Run(
        run_id="run_1",
        kind="response",
        status=status,
        turn=2,
        max_turns=20,
        tools=(),
        metadata={},
        subject=None,
        usage=None,
        error=None,
        deadline=after(86_400),
        created_at=T0,
        updated_at=T0,
        ended_at=None if ended is None else after(ended),
        provider_id="resp_2",
        calls=calls,
    )


def a_call(number: int = 1, **known: Any) -> Call:
    given: dict[str, Any] = {
        "call_id": f"call_{number}",
        "turn": 1,
        "type": "function_call",
        "name": "refund_order",
        "executor": "tools",
        "arguments": '{"cents": 5}',
        "effect": "keyed",
        "outcome": "succeeded",
        "attempts": 1,
        "created_at": after(2),
        "started_at": after(3),
        "ended_at": after(4),
    }
    return Call(**{**given, **known})


def entry(seconds: float, name: str, **known: Any) -> TimelineEntry:
    return TimelineEntry(at=after(seconds), type=name, known=known)


def turn(number: int, begins: float, ends: float | None = None, **known: Any) -> list[TimelineEntry]:
    about = {"turn": number, "provider_id": f"resp_{number}"}
    begun = entry(begins, "turn_started", **about)
    if ends is None:
        return [begun]
    told = {"status": "completed", "woken_by": "webhook", **about, **known}
    return [begun, entry(ends, "turn_ended", **told)]


def looks(picture: Picture, row: int = 0) -> list[str]:
    return [shape.look for shape in picture.rows[row].shapes]


def drawn(run: Run, events: Sequence[TimelineEntry], zoom: str = "whole", now: float = 10) -> Picture:
    return draw(run, events, zoom, after(now))


def test_turns_are_bars_where_they_were():
    picture = drawn(a_run(ended=10), [*turn(1, 1, 2), *turn(2, 4, 9)])

    (model,) = picture.rows
    assert [(shape.x, shape.width, shape.look) for shape in model.shapes] == [
        (10, 10, "turn"),
        (40, 50, "turn"),
    ]
    assert [shape.words for shape in model.shapes] == ["turn 1 completed: 1.0 s", "turn 2 completed: 5.0 s"]


def test_a_turn_that_goes_on_is_drawn_until_now():
    picture = drawn(a_run(status="in_progress"), turn(1, 5))

    (shape,) = picture.rows[0].shapes
    assert (shape.x, shape.width, shape.is_open) == (50, 50, True)


def test_a_turn_that_was_begun_again_is_drawn_as_failed():
    events = [
        entry(1, "turn_started", turn=1, provider_id="resp_0"),
        entry(2, "turn_retried", turn=1, provider_id="resp_0", code="server_error"),
        *turn(1, 3, 9),
    ]

    picture = drawn(a_run(ended=10), events)

    assert looks(picture) == ["failed", "turn"]
    assert [mark.look for mark in picture.marks] == ["retry", "webhook"]


def test_a_turn_that_failed_is_drawn_so_the_last_one_too():
    picture = drawn(a_run(ended=10, status="failed"), turn(1, 1, 2, status="failed"))

    assert looks(picture) == ["failed"]


def test_a_turn_is_called_the_same_while_it_goes_on_and_once_it_has_ended():
    going = drawn(a_run(status="in_progress"), [*turn(1, 1, 2), *turn(2, 4)])
    ended = drawn(a_run(ended=10), [*turn(1, 1, 2), *turn(2, 4, 9)])

    assert going.zooms == ended.zooms
    assert [zoom.words for zoom in going.zooms] == ["True to scale", "Turn 1", "Turn 2"]


def test_of_many_turns_each_link_is_a_number_and_says_what_it_is_by_itself():
    events = [each for number in range(1, 8) for each in turn(number, number, number + 0.5)]

    zooms = drawn(a_run(ended=10), events).zooms

    assert [zoom.words for zoom in zooms] == ["True to scale", "Turn 1", "2", "3", "4", "5", "6", "7"]
    assert [zoom.label for zoom in zooms][-2:] == ["Turn 6", "Turn 7"]


def test_a_call_waits_for_a_person_then_to_be_run_then_runs():
    call = a_call(decided_at=after(7), started_at=after(8), ended_at=after(9), decision="approved")
    asked = entry(2, "decision_asked", turn=1, call_id="call_1")

    picture = drawn(a_run(call, ended=10), [*turn(1, 0, 2), asked])

    assert looks(picture, 1) == ["waits", "queued", "succeeded"]
    assert [(shape.x, shape.width) for shape in picture.rows[1].shapes] == [(20, 50), (70, 10), (80, 10)]


@pytest.mark.parametrize(
    ("known", "drawn_as"),
    [
        ({"outcome": "awaiting_decision", "started_at": None, "ended_at": None}, ["waits"]),
        ({"outcome": "pending", "started_at": None, "ended_at": None}, ["queued"]),
        ({"outcome": "pending", "executor": "external", "started_at": None, "ended_at": None}, ["waits"]),
        ({"outcome": "running", "ended_at": None}, ["queued", "runs"]),
        ({"outcome": "failed"}, ["queued", "failed"]),
        ({"outcome": "unknown"}, ["queued", "unknown"]),
        ({"outcome": "denied", "started_at": None}, ["queued", "denied"]),
    ],
    ids=lambda each: each.get("outcome") if isinstance(each, dict) else None,
)
def test_a_call_is_drawn_by_how_it_stands(known: dict[str, Any], drawn_as: list[str]):
    is_over = "ended_at" not in known
    run = a_run(
        a_call(**known), ended=10 if is_over else None, status="completed" if is_over else "requires_action"
    )

    assert looks(drawn(run, turn(1, 0, 2)), 1) == drawn_as


def test_what_took_no_time_is_a_mark_and_says_what_it_is():
    events = [
        *turn(1, 0, 2, woken_by="check"),
        entry(3, "webhook_received", event_type="response.completed"),
        entry(4, "waiting_for_provider", why="429"),
        entry(5, "cancel_requested"),
        entry(6, "orphan_cancelled"),
    ]

    picture = drawn(a_run(ended=10), events)

    assert [(mark.look, mark.x) for mark in picture.marks] == [
        ("check", 20),
        ("webhook", 30),
        ("gate", 40),
        ("stop", 50),
        ("note", 60),
    ]
    assert picture.marks[-1].words == "orphan cancelled"


def test_long_waits_are_drawn_short_unless_the_true_scale_is_asked_for():
    call = a_call(decided_at=after(7200), started_at=after(7200.5), ended_at=after(7201))
    events = [*turn(1, 0, 2), entry(2, "decision_asked", turn=1, call_id="call_1"), *turn(2, 7202, 7204)]
    run = a_run(call, ended=7204)

    short, whole = drawn(run, events, zoom=""), drawn(run, events, zoom="whole")

    assert [zoom.name for zoom in short.zooms] == ["work", "whole", "turn-1", "turn-2"]
    assert [zoom.name for zoom in short.zooms if zoom.is_chosen] == ["work"]
    assert [words for _, _, words in short.waits] == ["1 h 59 min"]
    assert whole.waits == ()
    assert whole.rows[0].shapes[-1].width == 0.35


def test_one_turn_is_looked_at_with_what_it_asked_for_and_no_more():
    late = a_call(2, turn=2, created_at=after(6), started_at=after(6), ended_at=after(7))

    picture = drawn(a_run(a_call(), late, ended=10), [*turn(1, 0, 2), *turn(2, 5, 6)], zoom="turn-2")

    assert [row.href for row in picture.rows] == ["#turns", f"#{anchor(late)}"]


def test_a_run_with_very_many_calls_has_a_picture_that_ends():
    calls = [a_call(number) for number in range(300)]

    picture = drawn(a_run(*calls, ended=10), turn(1, 0, 2))

    assert (len(picture.rows), picture.lanes_left_out) == (MOST_LANES, 301 - MOST_LANES)


def test_a_run_of_which_nothing_is_known_has_a_picture():
    picture = drawn(a_run(status="queued"), [])

    assert picture.rows == ()
    assert picture.ticks


def test_an_id_that_holds_anything_makes_an_anchor():
    assert anchor(a_call(call_id='"><script>')) == "call-1-" + b'"><script>'.hex()

"""A run's timeline as a picture: turns and calls are bars on a time axis, what took no time is a mark."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from runrelay.client.models import Call, Run, TimelineEntry
from runrelay.console.axis import Axis, Span, even, with_short_waits
from runrelay.console.words import in_one_line, status_words
from runrelay.console.zooms import Zoom, zooms
from runrelay.durations import duration

MOST_LANES: Final = 40

LANE_HEIGHT: Final = 34
TOP: Final = 30
NARROWEST: Final = 0.35
"""Percent: what is shorter is drawn as wide as this, so that it can be seen."""

MARKS: Final = {
    "webhook_received": ("webhook", "webhook"),
    "cancel_requested": ("stop", "cancel asked for"),
    "turn_retried": ("retry", "turn begun again"),
    "waiting_for_provider": ("gate", "waiting for the provider"),
}
"""Type of an event -> what it is drawn as, and in words."""

ORDINARY: Final = frozenset(
    {
        *("run_created", "turn_started", "turn_ended", "run_ended"),
        *("call_requested", "decision_asked", "call_decided", "call_started", "call_ended"),
    }
)
"""What bars show; the rest is a mark."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch in which something went on.

    Attributes:
        look: How it is drawn: `turn`, `queued`, `waits`, `runs`, or the outcome of a call.
        turn: Which one it is, if it is one.
    """

    look: str
    begins: float
    ends: float
    words: str
    is_open: bool = False
    turn: str | None = None


@dataclass(frozen=True, slots=True)
class Lane:
    """One row of the picture."""

    name: str
    href: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened in an instant."""

    look: str
    at: float
    words: str


@dataclass(frozen=True, slots=True)
class Shape:
    """A bar or a mark, placed."""

    x: float
    width: float
    y: int
    look: str
    words: str
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A lane, placed."""

    y: int
    name: str
    href: str
    shapes: tuple[Shape, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """All that the template draws; x in percent, y in pixels."""

    rows: tuple[Row, ...]
    marks: tuple[Shape, ...]
    ticks: tuple[tuple[float, str], ...]
    waits: tuple[tuple[float, float, str], ...]
    zooms: tuple[Zoom, ...]
    height: int
    lanes_left_out: int = 0

    @property
    def looks(self) -> frozenset[str]:
        """What is drawn, for the legend."""
        bars = (shape for row in self.rows for shape in row.shapes)
        return frozenset(shape.look for shape in (*bars, *self.marks))


@dataclass(frozen=True, slots=True)
class Story:
    """A run with its events, in seconds since its start."""

    run: Run
    events: Sequence[TimelineEntry]
    now: datetime
    _asked: dict[tuple[Any, Any], datetime] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for each in self.events:
            if each.type == "decision_asked":
                self._asked[each.known.get("turn"), each.known.get("call_id")] = each.at

    def at(self, moment: datetime) -> float:
        return (moment - self.run.created_at) / timedelta(seconds=1)

    @property
    def end(self) -> float:
        last = self.run.ended_at or self.now
        return max([self.at(last), *(self.at(each.at) for each in self.events)])

    def asked_at(self, call: Call) -> datetime | None:
        return self._asked.get((call.turn, call.call_id))

    def bar(
        self, look: str, begins: datetime, ends: datetime | None, words: str, turn: str | None = None
    ) -> Bar:
        """Make a bar; one that has no end yet goes on until now, or until the run was over."""
        until = ends or self.run.ended_at or self.now
        took = duration(until - begins)
        is_open = ends is None and not self.run.is_over
        left, right = self.at(begins), max(self.at(begins), self.at(until))
        return Bar(look, left, right, f"{words}: {took}", is_open=is_open, turn=turn)


def draw(run: Run, events: Sequence[TimelineEntry], zoom: str, now: datetime) -> Picture:
    """Draw a run.

    Args:
        zoom: Its name; another than those that there are is the first.
        now: Until when what goes on is drawn.
    """
    story = Story(run, events, now)
    lanes = [_model_lane(story), *(_call_lane(story, call) for call in run.calls)]
    work = [
        (bar.begins, bar.ends) for lane in lanes for bar in lane.bars if bar.look not in {"waits", "queued"}
    ]
    marks = list(_marks(story))
    axes = dict(_axes(story, lanes[0], work, [mark.at for mark in marks]))
    chosen = zoom if zoom in axes else next(iter(axes))
    return _placed(lanes, marks, axes[chosen], zooms(list(axes), chosen))


def _model_lane(story: Story) -> Lane:
    begun: dict[Any, datetime] = {}
    bars = []
    for event in story.events:
        turn, provider_id = event.known.get("turn"), event.known.get("provider_id")
        match event.type:
            case "turn_started":
                begun[turn, provider_id] = event.at
            case "turn_ended" | "turn_retried":
                started = begun.pop((turn, provider_id), event.at)
                how = status_words(str(event.known.get("status", "failed, begun again")))
                look = "failed" if how.startswith("failed") else "turn"
                bars.append(story.bar(look, started, event.at, f"turn {turn} {how}", str(turn)))
            case _:
                pass
    bars += [story.bar("turn", at, None, f"turn {turn}", str(turn)) for (turn, _), at in begun.items()]
    return Lane("Model", "#turns", tuple(sorted(bars, key=lambda bar: bar.begins)))


def _call_lane(story: Story, call: Call) -> Lane:
    name = in_one_line(f"{call.name} {call.arguments or ''}".strip(), 60)
    return Lane(name, f"#{anchor(call)}", tuple(_call_bars(story, call)))


def _call_bars(story: Story, call: Call) -> Iterator[Bar]:
    """Draw a call: waiting for a person, waiting to be run, running."""
    at = call.created_at
    asked = story.asked_at(call) or (call.created_at if call.awaits_decision else None)
    if asked:
        decided = call.decided_at or call.ended_at
        yield story.bar("waits", asked, decided, f"{call.name} waits for a person")
        at = decided or at
    if call.started_at:
        yield story.bar("queued", at, max(at, call.started_at), f"{call.name} waits to be run")
        look = "runs" if call.ended_at is None else call.outcome
        yield story.bar(look, call.started_at, call.ended_at, f"{call.name} {status_words(call.outcome)}")
    elif not call.awaits_decision and at != call.ended_at:
        look = "waits" if call.executor == "external" else "queued"
        yield story.bar(look, at, call.ended_at, f"{call.name} {status_words(call.outcome)}")
    if not call.started_at and call.ended_at:
        yield story.bar(call.outcome, call.ended_at, call.ended_at, f"{call.name} {call.outcome}")


def _marks(story: Story) -> Iterator[Mark]:
    for event in story.events:
        at = story.at(event.at)
        if event.type == "turn_ended":
            look = "webhook" if event.known.get("woken_by") == "webhook" else "check"
            yield Mark(look, at, f"turn {event.known.get('turn')}: its end was told by a {look}")
        elif event.type == "webhook_received":
            yield Mark("webhook", at, f"webhook {event.known.get('event_type', '')}".strip())
        elif event.type not in ORDINARY:
            look, words = MARKS.get(event.type, ("note", status_words(event.type)))
            yield Mark(look, at, words)


def _axes(story: Story, model: Lane, work: list[Span], marks: Iterable[float]) -> Iterator[tuple[str, Axis]]:
    """Make the axes to choose from, the most telling first."""
    whole = even(0.0, story.end)
    short = with_short_waits(0.0, story.end, [*work, *((at, at) for at in marks)])
    if short.waits:
        yield "work", short
    yield "whole", whole
    turns = {bar.turn: bar for bar in model.bars}
    if len(turns) > 1:
        begins = [*(bar.begins for bar in turns.values()), story.end]
        for (turn, bar), following in zip(turns.items(), begins[1:], strict=True):
            inside = [each for each in work if bar.begins <= each[0] <= following]
            yield f"turn-{turn}", with_short_waits(bar.begins, following, inside)


def _placed(lanes: Sequence[Lane], marks: Sequence[Mark], axis: Axis, zooms: tuple[Zoom, ...]) -> Picture:
    seen = [lane for lane in lanes if any(axis.shows(bar.begins, bar.ends) for bar in lane.bars)]
    shown = seen[:MOST_LANES]
    rows = tuple(
        Row(
            y=TOP + number * LANE_HEIGHT,
            name=lane.name,
            href=lane.href,
            shapes=tuple(_shape(bar, axis) for bar in lane.bars if axis.shows(bar.begins, bar.ends)),
        )
        for number, lane in enumerate(shown)
    )
    return Picture(
        rows=rows,
        marks=tuple(
            Shape(axis.at(mark.at), 0, 14, mark.look, mark.words)
            for mark in marks
            if axis.shows(mark.at, mark.at)
        ),
        ticks=tuple(axis.named_ticks()),
        waits=tuple(
            (piece.left, piece.right - piece.left, duration(timedelta(seconds=piece.ends - piece.begins)))
            for piece in axis.waits
        ),
        zooms=zooms,
        height=TOP + len(rows) * LANE_HEIGHT + 24,
        lanes_left_out=len(seen) - len(shown),
    )


def _shape(bar: Bar, axis: Axis) -> Shape:
    left, right = axis.at(bar.begins), axis.at(bar.ends)
    width = max(right - left, NARROWEST)
    return Shape(min(left, 100 - width), round(width, 3), 18, bar.look, bar.words, bar.is_open)


def anchor(call: Call) -> str:
    """Name a call within its page; an id of the provider's may hold anything."""
    return f"call-{call.turn}-{call.call_id.encode().hex()}"

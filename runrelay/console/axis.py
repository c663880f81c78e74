"""A time axis: seconds of a run -> percent of a picture's width. Long waits can be drawn short."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from runrelay.durations import duration

LONG_SECONDS: Final = 3.0
LONG_SHARE: Final = 0.5
"""A stretch without any work is a long wait if it is longer than this share of all the work."""

WIDTH_OF_WAIT: Final = 9.0
MOST_FOR_WAITS: Final = 45.0
"""Percent."""

STEPS: Final = (
    *(0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30),
    *(60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400, 604_800),
)
MOST_TICKS: Final = 6
MINUTE: Final = 60

type Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the axis that is drawn to one scale.

    Attributes:
        is_short: Whether it is drawn shorter than the others.
    """

    begins: float
    ends: float
    left: float
    right: float
    is_short: bool = False

    def at(self, seconds: float) -> float:
        share = (seconds - self.begins) / (self.ends - self.begins)
        return self.left + share * (self.right - self.left)


@dataclass(frozen=True, slots=True)
class Axis:
    """Where each moment is drawn."""

    pieces: tuple[Piece, ...]

    @property
    def begins(self) -> float:
        return self.pieces[0].begins

    @property
    def ends(self) -> float:
        return self.pieces[-1].ends

    def at(self, seconds: float) -> float:
        """Give the percent of the width; what lies outside is drawn at the edge."""
        inside = min(max(seconds, self.begins), self.ends)
        return round(next(each for each in self.pieces if inside <= each.ends).at(inside), 3)

    def shows(self, begins: float, ends: float) -> bool:
        return ends >= self.begins and begins <= self.ends

    @property
    def waits(self) -> tuple[Piece, ...]:
        """The waits that are drawn short."""
        return tuple(each for each in self.pieces if each.is_short)

    def ticks(self) -> Iterator[tuple[float, float]]:
        """Give round numbers of seconds, and where they are drawn."""
        drawn = [each for each in self.pieces if not each.is_short]
        seconds = sum(each.ends - each.begins for each in drawn)
        width = sum(each.right - each.left for each in drawn)
        most = max(1.0, MOST_TICKS * width / 100)
        step = next((each for each in STEPS if seconds / each <= most), STEPS[-1])
        for piece in drawn:
            number = int(piece.begins / step)
            while (tick := number * step) <= piece.ends:
                if tick >= piece.begins:
                    yield tick, round(piece.at(tick), 3)
                number += 1

    def named_ticks(self) -> Iterator[tuple[float, str]]:
        """Give ticks and their names: words, or a stop watch's, where words say the same of several."""
        ticks = list(self.ticks())
        words = [_label(seconds) for seconds, _ in ticks]
        for (seconds, x), word in zip(ticks, words, strict=True):
            yield x, word if len(set(words)) == len(words) else _stop_watch(seconds)


def _label(seconds: float) -> str:
    return f"{seconds:g} s" if seconds < MINUTE else duration(timedelta(seconds=seconds))


def _stop_watch(seconds: float) -> str:
    minutes, tenths = divmod(round(seconds * 10), 10 * MINUTE)
    hours, minutes = divmod(minutes, 60)
    before = f"{hours}:{minutes:02}" if hours else f"{minutes}"
    return f"{before}:{tenths // 10:02}" + (f".{tenths % 10}" if tenths % 10 else "")


def even(begins: float, ends: float) -> Axis:
    """Draw every second as wide as every other."""
    return Axis((Piece(begins, max(ends, begins + 0.05), 0.0, 100.0),))


def with_short_waits(begins: float, ends: float, work: Iterable[Span]) -> Axis:
    """Draw stretches without any work short, if they are long beside all the work."""
    ends = max(ends, begins + 0.05)
    gaps = _long_gaps(begins, ends, list(_joined(work)))
    drawn = (ends - begins) - sum(end - begin for begin, end in gaps)
    if not gaps or drawn <= 0:
        return even(begins, ends)
    width_of_gap = min(WIDTH_OF_WAIT, MOST_FOR_WAITS / len(gaps))
    per_second = (100.0 - width_of_gap * len(gaps)) / drawn
    pieces, at, left = [], begins, 0.0
    for begin, end in gaps:
        if begin > at:
            right = left + (begin - at) * per_second
            pieces.append(Piece(at, begin, left, right))
            left = right
        pieces.append(Piece(begin, end, left, left + width_of_gap, is_short=True))
        at, left = end, left + width_of_gap
    if ends > at:
        pieces.append(Piece(at, ends, left, 100.0))
    return Axis(tuple(pieces))


def _joined(spans: Iterable[Span]) -> Iterator[Span]:
    """Join spans that touch."""
    current: Span | None = None
    for begin, end in sorted(spans):
        if current and begin <= current[1]:
            current = current[0], max(current[1], end)
            continue
        if current:
            yield current
        current = begin, end
    if current:
        yield current


def _long_gaps(begins: float, ends: float, work: Sequence[Span]) -> list[Span]:
    """Find what is long, without a margin beside the work, in which its marks are seen."""
    at_work = sum(end - begin for begin, end in work)
    long = max(LONG_SECONDS, LONG_SHARE * at_work)
    margin = max(0.02 * at_work, 0.05)
    edges = [begins, *(moment for span in work for moment in span), ends]
    free = zip(edges[::2], edges[1::2], strict=True)
    return [
        (begin + margin if begin > begins else begin, end - margin if end < ends else end)
        for begin, end in free
        if end - begin > long
    ]

"""Which moments are tried: all of them, or some by seed."""

import random
from collections.abc import Iterator, Sequence
from math import ceil

from contracts.status import Kind

from tests.interleavings.moments import Moment, Thing
from tests.interleavings.play import Play, Point
from tests.interleavings.scenarios import Scenario
from tests.interleavings.watched import Side, Watch
from tests.schedules.small_world import SmallWorld

type Place = tuple[Point, Side, int]


def moments_of_one(points: Sequence[Point], scenario: Scenario) -> Iterator[Moment]:
    """Give every moment of a run in which one thing comes."""
    for point, side, seconds in _places(points, scenario):
        yield from (Moment(point.number, side, seconds, thing) for thing in _things(point, seconds))


def some_moments_of_one(
    points: Sequence[Point], scenario: Scenario, chance: random.Random
) -> Iterator[Moment]:
    """Give one moment at every other request, by chance; those of one sender about one thing count as one."""
    places: dict[str, list[Place]] = {}
    for place in _places(points, scenario):
        places.setdefault(place[0].request, []).append(place)
    chosen = chance.sample(list(places.values()), k=ceil(len(places) / 2))
    for at_one_request in chosen:
        point, side, seconds = chance.choice(at_one_request)
        yield Moment(point.number, side, seconds, chance.choice(_things(point, seconds)))


def pairs_of_moments(
    points: Sequence[Point], scenario: Scenario, chance: random.Random, how_many: int
) -> Iterator[tuple[Moment, ...]]:
    """Give pairs of moments, by chance; the second is at a request of whatever the first makes of the run."""
    places = list(_places(points, scenario))
    for _ in range(how_many):
        (point, side, seconds), (_, other_side, other_seconds) = chance.choice(places), chance.choice(places)
        first = Moment(point.number, side, seconds, chance.choice(_things(point, seconds)))
        later = point.number + chance.randint(1, 40)
        things = _things(min(points, key=lambda each: abs(each.number - later)), other_seconds)
        yield first, Moment(later, other_side, other_seconds, chance.choice(things))


def _places(points: Sequence[Point], scenario: Scenario) -> Iterator[Place]:
    """Give the places at which something may come.

    Between two requests of one invocation nothing happens outside of it: before the second is after the
    first. It is not if time passes, and what the second writes was made up before.
    """
    for earlier, point in zip([None, *points], points, strict=False):
        for seconds in scenario.pauses:
            yield point, "after", seconds
            is_first = earlier is None or earlier.invocation != point.invocation
            if point.writes if seconds else is_first:
                yield point, "before", seconds


def _things(point: Point, seconds: int) -> Sequence[Thing]:
    return point.timely if seconds else point.things


def survey(small: SmallWorld, watch: Watch, kind: Kind, scenario: Scenario) -> Play:
    """Play a run in which nothing else comes."""
    play = Play(small, watch, kind, scenario, is_surveyed=True)
    play.perform()
    return play

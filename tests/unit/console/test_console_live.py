"""When a page is looked at again, and what is sent of it."""

import asyncio
import gc
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import pytest

from runrelay.client.errors import UnavailableError
from runrelay.console import live
from runrelay.console.pending import PATIENCE_SECONDS, Pending
from runrelay.console.view import QUICK_SECONDS, SLOW_SECONDS, WARM_SECONDS, Pace, Seen, is_at_work
from tests.unit.console.test_console_prospects import a_run

NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)


@dataclass
class Page:
    """A page of which each look gives the next of what is to be seen, and the last one for ever."""

    to_be_seen: list[Seen | Exception]
    template: str = "runs.html"
    looks: int = 0

    async def look(self) -> Seen:
        self.looks += 1
        seen = self.to_be_seen.pop(0) if len(self.to_be_seen) > 1 else self.to_be_seen[0]
        if isinstance(seen, Exception):
            raise seen
        return seen


@dataclass
class Clock:
    """Time that goes on by what is slept."""

    seconds: float = 0.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds


def a_look(facts: object, **known: Any) -> Seen:
    return Seen({}, facts, **known)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(live.anyio, "sleep", clock.sleep)
    return clock


def told(page: Page, clock: Clock, *, until: float, digest: str = "", is_stale: bool = False) -> list[str]:
    """Give the names of the events that are sent until some time, or the end."""

    async def listened() -> list[str]:
        events = live.changes(
            page, digest, lambda seen: {"html": str(seen.facts)}, is_stale=is_stale, clock=clock
        )
        stop = Stop(clock, until)
        return [event.split("\n")[0].removeprefix("event: ") async for event in stop.of(page, events)]

    return anyio.run(listened)


class Over(Exception):  # noqa: N818 - no error
    """The time that is looked at is over."""


@dataclass
class Stop:
    """Ends listening, by an exception out of a look: nothing else is called while nothing is sent."""

    clock: Clock
    until: float

    async def of(self, page: Page, events: Any) -> Any:
        look = page.look

        async def look_in_time() -> Seen:
            if self.clock.seconds > self.until:
                raise Over
            return await look()

        page.look = look_in_time  # type: ignore[method-assign]
        try:
            async for event in events:
                yield event
        except Over:
            return


def test_an_idle_page_is_looked_at_once_in_five_seconds(clock: Clock):
    page = Page([a_look("same")])

    events = told(page, clock, until=WARM_SECONDS + 60, digest=a_look("same").digest)

    assert events == []
    idle = [
        pause
        for pause, at in zip(clock.slept, times(clock.slept), strict=True)
        if at > WARM_SECONDS + QUICK_SECONDS
    ]
    assert set(idle) == {SLOW_SECONDS}
    assert page.looks <= WARM_SECONDS / QUICK_SECONDS + 60 / SLOW_SECONDS + 1


def times(pauses: Iterable[float]) -> list[float]:
    at, all_of_them = 0.0, []
    for pause in pauses:
        at += pause
        all_of_them.append(at)
    return all_of_them


def test_a_page_on_which_something_is_at_work_is_looked_at_each_second(clock: Clock):
    page = Page([a_look("same", is_moving=True)])

    told(page, clock, until=120, digest=a_look("same").digest)

    assert set(clock.slept) == {QUICK_SECONDS}


def test_a_change_is_sent_once_and_more_are_expected(clock: Clock):
    page = Page([*(a_look("old") for _ in range(50)), a_look("new")])

    events = told(page, clock, until=200, digest=a_look("old").digest)

    assert events == ["change"]
    first_slow = clock.slept.index(SLOW_SECONDS)
    assert QUICK_SECONDS in clock.slept[first_slow:]
    assert clock.slept[-1] == SLOW_SECONDS


def test_a_page_that_was_hidden_is_looked_at_at_once(clock: Clock):
    told(Page([a_look("same")]), clock, until=0.5, is_stale=True)

    assert clock.slept[0] == 0


def test_of_what_is_over_nothing_more_is_asked(clock: Clock):
    page = Page([a_look("going", is_moving=True), a_look("over", is_over=True)])

    assert told(page, clock, until=100) == ["change", "change", "over"]
    assert page.looks == 2


def test_trouble_is_told_and_passes(clock: Clock):
    page = Page([a_look("one"), UnavailableError("it cannot be reached"), a_look("one")])

    assert told(page, clock, until=30) == ["change", "trouble", "change"]


class Silent(Page):
    """A page of which the first look takes longer than the stack may be silent."""

    is_given_up = False

    async def look(self) -> Seen:
        if not self.looks:
            try:
                await asyncio.sleep(10 * live.SILENT_SECONDS)
            except asyncio.CancelledError:
                self.is_given_up = True
                raise
        return await super().look()


def test_a_stack_that_does_not_answer_is_told_before_it_does(clock: Clock, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(live, "SILENT_SECONDS", 0.01)
    page = Silent([a_look("same")])

    assert told(page, clock, until=30, digest=a_look("same").digest) == ["trouble", "change"]


def test_what_a_stack_does_not_answer_is_waited_for_by_nobody_once_the_page_is_gone(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(live, "SILENT_SECONDS", 0.01)
    page = Silent([a_look("same")])

    async def left() -> None:
        events = live.changes(page, "", lambda _: {}, is_stale=True, clock=clock)
        async for _ in events:
            break
        await events.aclose()  # type: ignore[attr-defined]
        await asyncio.sleep(0)

    anyio.run(left)

    assert page.is_given_up


def test_a_look_that_takes_long_is_followed_sooner_but_not_at_once():
    pace = Pace(Clock())

    assert [pace.pause(took, is_moving=True) for took in (0.25, 0.75, 9)] == [0.75, 0.25, 0.1]


def test_an_idle_page_rests_for_five_seconds_however_long_a_look_takes():
    clock = Clock()
    pace = Pace(clock)
    clock.seconds = WARM_SECONDS + 1

    assert pace.pause(3, is_moving=False) == SLOW_SECONDS


def test_a_look_may_say_when_the_next_one_is(clock: Clock):
    told(Page([a_look("same", look_again_seconds=60)]), clock, until=300)

    assert set(clock.slept[1:]) == {60}


@pytest.mark.parametrize(
    ("status", "seconds_ago", "moves"),
    [
        ("queued", 9999, True),
        ("in_progress", 9999, True),
        ("cancelling", 9999, True),
        ("requires_action", 5, True),
        ("requires_action", 9999, False),
    ],
)
def test_a_run_that_waits_for_people_is_no_reason_to_hurry(status: str, seconds_ago: int, *, moves: bool):
    run = a_run(status=status, updated_at=NOW - timedelta(seconds=seconds_ago))

    assert is_at_work(run, NOW) is moves


def test_the_pace_is_brisk_for_a_while_after_a_change():
    clock = Clock()
    pace = Pace(clock)
    clock.seconds = WARM_SECONDS + 1
    before = pace.seconds(is_moving=False)

    pace.moved()

    assert (before, pace.seconds(is_moving=False)) == (SLOW_SECONDS, QUICK_SECONDS)


class Slow(Page):
    """A page of which a look takes longer than a page waits."""

    async def look(self) -> Seen:
        await asyncio.sleep(PATIENCE_SECONDS * 1.5)
        return await super().look()


def test_a_look_that_takes_long_is_not_made_twice():
    async def looked() -> tuple[str | Seen, Seen, Seen, int]:
        pending, page = Pending(), Slow([a_look("first"), a_look("second")])
        key = await pending.look(page, patiently=False)
        begun = pending.taken(str(key), Page([a_look("second")]))
        return key, await begun.look(), await begun.look(), page.looks

    key, first, second, looks = anyio.run(looked)

    assert isinstance(key, str)
    assert (first.facts, second.facts, looks) == ("first", "second", 1)


def test_a_look_that_is_quick_is_on_the_page_and_so_is_one_that_is_waited_for():
    async def looked() -> list[str | Seen]:
        pending = Pending()
        return [
            await pending.look(Page([a_look("quick")]), patiently=False),
            await pending.look(Slow([a_look("slow")]), patiently=True),
        ]

    assert anyio.run(looked) == [a_look("quick"), a_look("slow")]


def test_a_key_that_is_not_known_begins_a_look_of_its_own():
    page = Page([a_look("own")])

    assert Pending().taken("unknown", page) is page


def test_a_look_that_fails_and_that_nobody_comes_for_is_not_complained_of():
    """As when a page was closed before it had anything, and the stack is down."""
    complaints = []

    async def left_alone() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: complaints.append(context))
        pending = Pending()
        await pending.look(Slow([UnavailableError("it is down")]), patiently=False)
        await asyncio.sleep(PATIENCE_SECONDS)
        del pending
        gc.collect()

    anyio.run(left_alone)

    assert complaints == []

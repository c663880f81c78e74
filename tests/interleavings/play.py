"""Playing a run to its end while things come at moments of it, and noticing what is wrong on the way."""

import json
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from contracts import instant
from contracts.status import Kind

from tests.harness.item_sizes import Item
from tests.harness.queues import content
from tests.harness.wire import Request
from tests.harness.world import ENDINGS
from tests.interleavings.busy_world import ELSE_SECONDS, BusyWorld
from tests.interleavings.moments import ABOUT_A_CALL, Moment, Thing, Verb
from tests.interleavings.promises import Evidence, broken_promises
from tests.interleavings.scenarios import ANSWER, Scenario
from tests.interleavings.stage import instances_kept
from tests.interleavings.telling import wrong_answers
from tests.interleavings.watched import Side, Watch, described
from tests.schedules.small_world import SmallWorld

MAY_BE_NEW_AFTER_THE_END = ("event#", "alias#")
READS = (" GetItem", " BatchGetItem", " Query", " GET")


class NothingCameOfIt(BaseException):
    """The thing changed nothing, so the rest of the run is the usual one; our code must not catch this."""


@dataclass(frozen=True)
class Point:
    """A request of a run in which nothing comes.

    Attributes:
        invocation: Tells the invocations of functions apart.
        things: What might have come.
        timely: What might have come a few seconds later, and mean something else then.
    """

    number: int
    request: str
    invocation: int
    things: tuple[Thing, ...]
    timely: tuple[Thing, ...]

    @property
    def writes(self) -> bool:
        """Whether it changes anything."""
        return not any(read in self.request for read in READS)


@dataclass
class Play:
    """One run, in which things come at moments.

    Attributes:
        is_surveyed: Whether `points` is wanted.
        points: What was asked, request by request, and what might have come there.
        met: What was asked at each moment.
        noticed: What was wrong, as sentences.
    """

    small: SmallWorld
    watch: Watch
    kind: Kind
    scenario: Scenario
    moments: Sequence[Moment] = ()
    is_surveyed: bool = False
    points: list[Point] = field(default_factory=list)
    met: dict[Moment, str] = field(default_factory=dict)
    noticed: list[str] = field(default_factory=list)
    _asking: frozenset[str] = frozenset()
    _timeline: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.world = BusyWorld(self.small, self.watch, self.kind, self.scenario)
        self.watch.meeting = self._meet
        self.watch.changed = self._changed

    def perform(self) -> None:
        """Play the run to its end, or until it is seen to be the usual one."""
        try:
            with instances_kept(self.small):
                self.world.begin()
                self.world.go_on_to_the_end()
                self._look_back()
                self.noticed += broken_promises(Evidence(self.world))
        except NothingCameOfIt:
            return
        except Exception:  # noqa: BLE001 - whatever it is, the run has not ended as it should
            self.noticed.append(f"it went no further: {traceback.format_exc(limit=-4)}")

    def _meet(self, request: Request, side: Side) -> None:
        if self.is_surveyed and side == "before":
            self.points.append(self._point(request))
        if request.service == "openai" and side == "before":
            self.noticed += wrong_answers(self.world, request)
        for moment in self.moments:
            if (moment.request, moment.side) == (request.number, side) and moment not in self.met:
                self.met[moment] = described(request)
                self._let_happen(moment)

    # -- what may come -----------------------------------------------------------------------------------

    def _point(self, request: Request) -> Point:
        return Point(
            request.number,
            described(request),
            self.small.wire.invocation_number,
            things=(*self._usual(Verb.ELSE, Verb.TURN, Verb.SWEEP, Verb.CANCEL), *self._messages()),
            timely=(*self._usual(Verb.TIME, Verb.ELSE, Verb.TURN, Verb.SWEEP), *self._messages("check")),
        )

    def _usual(self, *verbs: Verb) -> Iterator[Thing]:
        yield from map(Thing, (*verbs, *(ABOUT_A_CALL if self.world.calls() else ())))
        yield from (Thing(Verb.WEBHOOK, number) for number in self.world.awaited_webhooks())

    def _messages(self, reason: str | None = None) -> Iterator[Thing]:
        for number in self.world.distinct_messages():
            if reason in (None, content(self.world.messages()[number]).get("reason")):
                yield Thing(Verb.MESSAGE, number)

    def _let_happen(self, moment: Moment) -> None:
        self._look_back()
        if moment.seconds:
            self.small.pass_time(moment.seconds)
        before = self.world.state()
        self._make(moment.thing)
        is_usual = before == self.world.state() and moment.thing.verb != Verb.TIME
        if is_usual and len(self.moments) == 1:
            raise NothingCameOfIt
        self._look_back()

    def _make(self, thing: Thing) -> None:
        world, number = self.world, thing.number or 0
        acts: dict[Verb, Callable[[], object]] = {
            Verb.TIME: lambda: None,
            Verb.ELSE: lambda: world.go_on(ELSE_SECONDS),
            Verb.TURN: world.go_on_to_the_next_turn,
            Verb.SWEEP: world.sweep,
            Verb.CANCEL: world.cancel,
            Verb.APPROVE: lambda: world.decide(approve=True),
            Verb.DENY: lambda: world.decide(approve=False),
            Verb.OUTPUT: lambda: world.answer(ANSWER),
            Verb.WEBHOOK: lambda: [world.take_webhook(each) for each in world.webhooks()[number:][:1]],
            Verb.MESSAGE: lambda: [self.small.deliver(each) for each in world.messages()[number:][:1]],
        }
        acts[thing.verb]()

    # -- noticing ----------------------------------------------------------------------------------------

    def _changed(self, status: str, before: Item | None, after: Item) -> None:
        """Notice a change to a run that has ended; a call that was at work then comes to its own end."""
        key = after["sk"]["S"]
        is_news = before is None and (key.startswith(MAY_BE_NEW_AFTER_THE_END) or self._is_no_part(after))
        was_at_work = before is not None and (
            before.get("outcome") == {"S": "running"} or key in self._asking
        )
        is_asking = status in ENDINGS and was_at_work and after.get("outcome") == {"S": "awaiting_decision"}
        self._asking = self._asking | {key} if is_asking else self._asking - {key}
        if is_asked_too_late(after):
            self.world.asked_too_late.add(after["call_id"]["S"])
        if status in ENDINGS and before != after and not is_news and not was_at_work:
            changed = "is new" if before is None else str(sorted(_different(before, after)))
            self.noticed.append(f"the run was {status}, and its {key.partition('#')[0]} changed: {changed}")

    def _is_no_part(self, item: Item) -> bool:
        """Say whether it is the record of a turn that a worker wrote too late: the run does not name it."""
        run = self.small.aws.table.partition(item["pk"]["S"])["run"]
        own = {run[name]["N"] for name in ("turn_read_at", "result_read_at") if name in run}
        return item["sk"]["S"].startswith("turn#") and item["read_at"]["N"] not in own

    def _look_back(self) -> None:
        """Notice what the timeline told before and tells no longer."""
        if not self.world.status:
            return
        now = self.world.timeline()
        asked = {entry["call_id"] for entry in now if entry["type"] == "decision_asked"}
        for entry in self._timeline:
            # A claim that turns out to need a person is no start.
            is_no_start = entry["type"] == "call_started" and entry["call_id"] in asked
            if entry not in now and not is_no_start:
                self.noticed.append(f"the timeline has lost: {json.dumps(_without_ids(entry))}")
        self._timeline = now


def is_asked_too_late(item: Item) -> bool:
    """Say whether a call is put to a person whose time is over: who did so paused before the write."""
    is_asked = item.get("outcome") == {"S": "awaiting_decision"}
    return is_asked and item["wait_until"]["S"] <= instant.to_text(instant.now())


def _different(before: Item, after: Item) -> set[str]:
    return {name for name in {*before, *after} if before.get(name) != after.get(name)}


def _without_ids(entry: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name not in ("at", "call_id", "provider_id")}

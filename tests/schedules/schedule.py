"""Schedules: what is delivered to one run, how often and in which order; and carrying one out.

A schedule first makes moves, any of them at any moment. A move with `during` is made in the middle of the
next one, just before its n-th request, as if by another worker. Then things take their course, each webhook
arriving as often as the schedule says, or never; and when the run is over, some arrive once more.
"""

from dataclasses import dataclass
from typing import Any, Literal

from hypothesis import strategies as st
from moto.sqs.models import Message

from tests.harness.queues import SourceQueue, content
from tests.schedules.small_world import SmallWorld

type Verb = Literal["webhook", "batch", "call", "skip", "sweep", "answer"]

SKIPS_SECONDS = (1, 3, 7, 31, 50, 1, 2, 46)
MOST_RECEIVES = 3
"""A message received more often than this by moves could reach the dead-letter queue by them alone."""

SWEEP_SECONDS = 60
"""A check that was delivered before it was due is gone, and the sweeper has to find its run."""

LONGEST_SKIPS_SECONDS = 300
"""Below what changes a run's end: a thread run expires at the provider after ten minutes."""


@dataclass(frozen=True)
class Move:
    """One thing that happens.

    Attributes:
        which: Picks among what there is; any number does.
        how: How many messages a batch has, and in which order; how long a skip is.
        during: Make it during the next move, before its request of this number.
    """

    verb: Verb
    which: int = 0
    how: int = 0
    during: int | None = None


@dataclass(frozen=True)
class Schedule:
    """What is delivered, when and how often.

    Attributes:
        pace: How many seconds the model takes for each turn.
        copies: How often each webhook arrives by itself, in the order of sending; from the start again if
            there are more.
    """

    pace: int
    moves: tuple[Move, ...]
    copies: tuple[int, ...]
    late: tuple[Move, ...]


def _moves(verbs: tuple[Verb, ...], most: int) -> st.SearchStrategy[tuple[Move, ...]]:
    during = st.one_of(st.none(), st.integers(1, 20))
    move = st.builds(Move, st.sampled_from(verbs), st.integers(0, 11), st.integers(0, 7), during)
    return st.lists(move, max_size=most).map(tuple)


SCHEDULES = st.builds(
    Schedule,
    pace=st.sampled_from((0, 2, 40)),
    moves=_moves(("webhook", "batch", "skip", "call", "webhook", "batch", "sweep", "answer"), 8),
    copies=st.lists(st.integers(0, 2), min_size=1, max_size=6).map(tuple),
    late=_moves(("webhook", "batch", "call", "sweep"), 3),
)


class Performance:
    """One schedule, carried out on one run."""

    def __init__(self, world: SmallWorld, run_id: str) -> None:
        self._world = world
        self._run_id = run_id
        self._meanwhile: list[Move] = []
        self._skipped = 0

    def perform(self, schedule: Schedule) -> None:
        """Carry a schedule out until nothing is left to do."""
        for move in schedule.moves:
            self._make_or_keep(move)
        self._make_all_kept()
        self._take_its_course(schedule.copies)
        for move in schedule.late:
            self._make_or_keep(move)
        self._make_all_kept()
        self._world.settle()

    def _take_its_course(self, copies: tuple[int, ...]) -> None:
        arrived = 0
        while not self._world.is_over(self._run_id):
            for sent in self._world.webhooks_sent()[arrived:]:
                for _ in range(copies[arrived % len(copies)]):
                    self._world.deliver_webhook(sent)
                arrived += 1
            self._answer()
            if not self._world.step():
                self._world.pass_time(SWEEP_SECONDS)
                assert self._world.sweep(), "the run waits for nothing"

    def _make_or_keep(self, move: Move) -> None:
        if move.during is not None:
            self._meanwhile.append(move)
            return
        begun_at = self._world.aws.requests

        def on_request() -> None:
            made = self._world.aws.requests - begun_at
            for kept in [each for each in self._meanwhile if each.during == made]:
                self._meanwhile.remove(kept)
                self._world.aws.on_request = _nothing
                self._make(kept)
                self._world.aws.on_request = on_request

        self._world.aws.on_request = on_request
        try:
            self._make(move)
        finally:
            self._world.aws.on_request = _nothing

    def _make_all_kept(self) -> None:
        """Make the moves for which there was no request."""
        kept, self._meanwhile = self._meanwhile, []
        for move in kept:
            self._make(move)

    def _make(self, move: Move) -> None:
        match move.verb:
            case "webhook":
                if sent := self._world.webhooks_sent():
                    self._world.deliver_webhook(sent[move.which % len(sent)])
            case "batch":
                self._deliver(self._world.run_queue, move)
            case "call":
                self._deliver(self._world.tool_queue, move)
            case "skip":
                self._skip(3 if move.during is not None else SKIPS_SECONDS[move.how])
            case "sweep":
                self._world.sweep()
            case "answer":
                self._answer()

    def _deliver(self, queue: SourceQueue, move: Move) -> None:
        """Deliver some messages of all that were ever sent: visible, delayed, in flight or deleted."""
        known = [each for each in self._world.aws.sent if _is_for(queue, each)]
        if not known:
            return
        begin, count = move.which % len(known), min(move.how % 4 + 1, queue.batch_size)
        batch = [*known[begin:], *known[:begin]][:count]
        self._world.deliver(*(batch[::-1] if move.how >= 4 else batch))

    def _skip(self, seconds: int) -> None:
        if self._skipped + seconds <= LONGEST_SKIPS_SECONDS:
            self._skipped += seconds
            self._world.pass_time(seconds)

    def _answer(self) -> None:
        """Approve whatever waits for a person, and answer whatever waits for an answer from outside."""
        for item in list(self._world.aws.table.partition(self._run_id).values()):
            path = f"/runs/{self._run_id}/calls/{item.get('call_id', {}).get('S')}"
            if item.get("outcome") == {"S": "awaiting_decision"}:
                self._world.request("POST", f"{path}/decision", {"approve": True, "reason": "fine"})
            elif item.get("outcome") == {"S": "pending"} and item.get("executor") == {"S": "external"}:
                self._world.request("POST", f"{path}/output", {"output": "yes"})


def _is_for(queue: SourceQueue, message: Message) -> bool:
    is_call = content(message)["message"] == "call"
    return is_call == (queue.logical_id == "ToolQueue") and message.approximate_receive_count < MOST_RECEIVES


def _nothing() -> Any:
    return None

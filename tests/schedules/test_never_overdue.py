"""Whatever becomes of its webhooks, a run is looked at when it is due: none is left to the sweeper.

Runs, settings and what becomes of each webhook are drawn by seed; nothing else goes wrong.

    OVERDUE_SEED=7 pytest tests/schedules/test_never_overdue.py

draws others than the usual ones.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from heapq import heappop, heappush
from random import Random
from typing import Any

import pytest
from contracts.status import KINDS

from functions.sweeper.overdue import GRACE
from tests.harness.item_sizes import Item
from tests.harness.scenario import Turn, calling, saying
from tests.schedules.scenarios import APPROVAL, QUESTION
from tests.schedules.small_world import SmallWorld
from tests.summary import COUNTED

SEED = int(os.environ.get("OVERDUE_SEED", "20261127"))

SETTINGS, RUNS = 9, 8
"""So many settings, and runs under each; four times as many settings with `--exhaustive`."""

MOST_STEPS = 2000
HOUR = 3600
FATES = ((), (0,), (0,), (3,), (40,), (0, 1))
"""After how many seconds a webhook arrives, each time; one that never does is lost."""


@dataclass(frozen=True)
class Course:
    """What happens to one run.

    Attributes:
        answers_after: When people do what is asked of them; never if absent.
        webhooks: The fate of each, from the start again if there are more.
    """

    kind: str
    turns: tuple[Turn, ...]
    answers_after: int | None
    webhooks: tuple[tuple[int, ...], ...]


def settings(chance: Random) -> dict[str, str]:
    """Draw settings of the worker."""
    return {
        "CHECK_FIRST_SECONDS": str(chance.choice((2, 28, 30, 31, 60, 900))),
        "CHECK_CAP_SECONDS": str(chance.choice((30, 900))),
        "DECISION_SECONDS": str(chance.choice((20, 300))),
    }


def course(chance: Random) -> Course:
    """Draw a run."""
    kind = chance.choice(KINDS)
    asked = [calling(QUESTION), *APPROVAL.turns(0)[:1]] if kind == "session" else [calling(QUESTION)]
    turns = [*(chance.choice(asked) for _ in range(chance.randrange(3))), saying("done")]
    return Course(
        kind,
        tuple({**turn, "seconds": chance.choice((0, 2, 29, 100))} for turn in turns),
        chance.choice((0, 10, None)),
        tuple(chance.choice(FATES) for _ in range(8)),
    )


class Life:
    """A run that takes its course.

    Attributes:
        overdue: For how many seconds at most it was due and nothing came.
    """

    def __init__(self, small: SmallWorld, drawn: Course) -> None:
        small.reset()
        self.overdue = 0.0
        self._small = small
        self._course = drawn
        self._run_id = small.start_kind(
            drawn.kind, *drawn.turns, tools=["ask_warehouse"], deadline_seconds=HOUR
        )
        self._to_come: list[tuple[float, int, Callable[[], object]]] = []
        self._sent = 0
        self._asked: set[str] = set()

    def pass_by(self) -> None:
        """Go on until the run is over."""
        for _ in range(MOST_STEPS):
            if self._small.is_over(self._run_id):
                return
            self._step()
        pytest.fail(f"it never ends: {self._course}")

    @property
    def _record(self) -> Item:
        return self._small.aws.table.partition(self._run_id)["run"]

    def _step(self) -> None:
        self._expect()
        if self._to_come and self._to_come[0][0] <= self._small.clock.time():
            heappop(self._to_come)[2]()
        elif not self._small._deliver_batch():
            self._wait()

    def _expect(self) -> None:
        for sent in self._small.webhooks_sent()[self._sent :]:
            for seconds in self._course.webhooks[self._sent % len(self._course.webhooks)]:
                self._later(seconds, partial(self._small.deliver_webhook, sent))
            self._sent += 1
        is_asked = self._record["status"] == {"S": "requires_action"}
        for call in self._small.run(self._run_id)["calls"] if is_asked else ():
            if call["call_id"] not in self._asked and self._course.answers_after is not None:
                self._asked.add(call["call_id"])
                self._later(self._course.answers_after, partial(self._answer, call))

    def _later(self, seconds: int, act: Callable[[], object]) -> None:
        heappush(self._to_come, (self._small.clock.time() + seconds, len(self._asked) + self._sent, act))

    def _answer(self, call: dict[str, Any]) -> None:
        path = f"/runs/{self._run_id}/calls/{call['call_id']}"
        if call["outcome"] == "awaiting_decision":
            self._small.request("POST", f"{path}/decision", {"approve": True})
        else:
            self._small.request("POST", f"{path}/output", {"output": "yes"})

    def _wait(self) -> None:
        due_at = datetime.fromisoformat(self._record["due_at"]["S"]).timestamp()
        now = self._small.clock.time()
        self.overdue = max(self.overdue, now - due_at)
        waits = [queue.seconds_until_next() for queue in (self._small.run_queue, self._small.tool_queue)]
        waits += [self._small._openai.loop.seconds_until_next()]
        waits += [at - now for at, _, _ in self._to_come[:1]]
        self._small.pass_time(min(wait for wait in waits if wait is not None))


def test_a_run_whose_webhooks_alone_are_disturbed_is_looked_at_when_it_is_due(
    small: SmallWorld, is_exhaustive: bool, record_property
):
    chance = Random(SEED)
    lives = 0
    for _ in range(SETTINGS * (4 if is_exhaustive else 1)):
        drawn_settings = settings(chance)
        with small.settings("worker", **drawn_settings):
            for drawn in [course(chance) for _ in range(RUNS)]:
                life = Life(small, drawn)
                life.pass_by()
                assert life.overdue < GRACE.total_seconds(), (drawn_settings, drawn)
                lives += 1
    record_property(COUNTED, {"what": f"runs under disturbed webhooks (OVERDUE_SEED={SEED})", "lived": lives})

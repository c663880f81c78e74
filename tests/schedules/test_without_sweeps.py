"""Without any sweep, and whatever becomes of webhooks: checks alone see a run to its end, if nothing crashes.

Each seed is a run of its own: its kind, turns and deadline, the checks' settings, which webhooks arrive and
when, what is delivered in which order, and how long everything waits.
"""

from dataclasses import dataclass, field
from random import Random

import pytest

from tests.harness.scenario import Turn, calling, failing, saying
from tests.schedules.scenarios import ORDER
from tests.schedules.small_world import Sent, SmallWorld

SEEDS, SAMPLE = range(1000), range(510, 530)
"""With 519, a session's words once put off the one check that it had."""

MOST_STEPS = 4000


@dataclass
class Fate:
    """What chance has in store for one run, step by step."""

    world: SmallWorld
    random: Random
    known: set[str] = field(default_factory=set)
    webhooks: list[tuple[float, Sent]] = field(default_factory=list)
    """Those that are to arrive, and when; one may arrive twice."""

    def start(self) -> str:
        draw = self.random
        turns = [calling(ORDER, seconds=draw.choice([0, 1, 7, 40, 200])) for _ in range(draw.randrange(4))]
        last: Turn = failing() if draw.random() < 0.15 else saying("done", seconds=draw.choice([0, 20, 100]))
        kind = draw.choice(["response", "session", "session", "thread"])
        deadline = draw.choice([60, 120, 3600])
        self.arrive, self.is_cancelled = draw.choice([0, 0.3, 0.7, 1]), draw.random() < 0.15
        return self.world.start_kind(kind, *turns, last, tools=["get_order"], deadline_seconds=deadline)

    def take_a_step(self, run_id: str) -> None:
        draw, world = self.random, self.world
        self._hear()
        due = [each for each in self.webhooks if each[0] <= world.clock.time()]
        if due:
            webhook = draw.choice(due)
            if draw.random() < 0.8:
                self.webhooks.remove(webhook)
            world.deliver_webhook(webhook[1])
        elif self.is_cancelled and draw.random() < 0.05:
            self.is_cancelled = False
            world.request("POST", f"/runs/{run_id}/cancel")
        elif (messages := [*world.run_queue.visible, *world.tool_queue.visible]) and draw.random() < 0.7:
            world.deliver(draw.choice(messages))
        else:
            self._wait()

    def _hear(self) -> None:
        for sent in self.world.webhooks_sent():
            if sent.webhook_id not in self.known and self.random.random() < self.arrive:
                late = self.random.choice([0, 0.1, 1, 5, 20, 28, 60])
                self.webhooks.append((self.world.clock.time() + late, sent))
            self.known.add(sent.webhook_id)

    def _wait(self) -> None:
        """Wait for what comes next, or a little longer, or for no reason."""
        world = self.world
        waits = [queue.seconds_until_next() for queue in (world.run_queue, world.tool_queue)]
        known = [wait for wait in waits if wait is not None]
        known += [max(0.0, at - world.clock.time()) for at, _ in self.webhooks]
        assert known, "nothing is under way, and only a sweep would find the run"
        is_for_no_reason = self.random.random() < 0.3
        seconds = self.random.choice([0.05, 1, 4.5]) if is_for_no_reason else min(known)
        world.pass_time(seconds + self.random.choice([0, 0, 0, 0.5, 4.9]))


def test_a_run_ends_without_a_sweep(small: SmallWorld, is_exhaustive: bool):
    for seed in SEEDS if is_exhaustive else SAMPLE:
        draw = Random(seed)
        first, cap = draw.choice([1, 5, 30, 31, 36, 100, 900]), draw.choice([16, 100, 900])
        small.reset()
        with small.settings("worker", CHECK_FIRST_SECONDS=str(first), CHECK_CAP_SECONDS=str(cap)):
            fate = Fate(small, draw)
            run_id = fate.start()
            for _ in range(MOST_STEPS):
                if small.is_over(run_id):
                    break
                fate.take_a_step(run_id)
        if not small.is_over(run_id):
            pytest.fail(f"seed {seed}: {small.run(run_id)}")

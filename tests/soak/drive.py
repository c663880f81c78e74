"""Driving the runs of a soak to their ends, a bounded number at a time, with mischief on the way."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, assert_never

from runrelay.command_line import CommandError
from runrelay.stack import Stack
from tests.soak import processes
from tests.soak.clients import Runrelay, Simulator
from tests.soak.plan import Forge, Json, Kill, Mischief, PlannedRun

SECONDS_BETWEEN_ROUNDS: Final = 0.3
REFUSED: Final = range(400, 500)

PATIENCE_SECONDS: Final = 900
"""How long a run may take from its start; the soak fails when one takes longer."""


@dataclass(slots=True)
class Driven:
    """A run that was accepted."""

    planned: PlannedRun
    run_id: str
    started_at: float
    decided: set[str] = field(default_factory=set)
    run: Json = field(default_factory=dict)
    events: Sequence[Json] = ()

    @property
    def is_over(self) -> bool:
        return self.run.get("ended_at") is not None


@dataclass(slots=True)
class Drive:
    """The runs, and what was done to them.

    Attributes:
        runs: Every run that was accepted.
        kills: How many processes were killed, by function.
        due: Those still to be killed: an instance of such a function was not there yet.
        forged: How forgeries were answered, by status.
    """

    stack: Stack
    runrelay: Runrelay
    simulator: Simulator
    concurrency: int
    runs: list[Driven] = field(default_factory=list)
    kills: Counter[str] = field(default_factory=Counter)
    due: list[Kill] = field(default_factory=list)
    forged: Counter[int] = field(default_factory=Counter)

    def all(self, planned: Sequence[PlannedRun], *, tell: Callable[[int], None]) -> None:
        """Start every run and stay until each is over, or patience ends.

        Args:
            tell: Told how many runs are over, again and again.
        """
        waiting, under_way = list(reversed(planned)), list[Driven]()
        while waiting or under_way:
            while waiting and len(under_way) < self.concurrency:
                under_way.append(self._start(waiting.pop()))
            time.sleep(SECONDS_BETWEEN_ROUNDS)
            for driven in under_way:
                self._look(driven)
            self.due = [kill for kill in self.due if not self._kill(kill)]
            under_way = [each for each in under_way if not each.is_over and not _is_given_up(each)]
            tell(sum(each.is_over for each in self.runs))

    def read_timelines(self) -> None:
        """Read what happened to each run, once nothing happens any more."""
        for driven in self.runs:
            driven.run = self.runrelay.run(driven.run_id)
            driven.events = self.runrelay.events(driven.run_id)

    def _start(self, planned: PlannedRun) -> Driven:
        request = self.simulator.prepare(planned)
        run_id = self.runrelay.start(planned, request, key=f"soak-{planned.number}")
        driven = Driven(planned, run_id, time.monotonic())
        self.runs.append(driven)
        for mischief in planned.mischief:
            self._do(mischief)
        return driven

    def _look(self, driven: Driven) -> None:
        """See how a run stands, and decide where a decision is asked for."""
        driven.run = self.runrelay.run(driven.run_id)
        for call in driven.run["calls"]:
            if call["outcome"] == "awaiting_decision" and call["call_id"] not in driven.decided:
                self.runrelay.decide(driven.run_id, call["call_id"], approve=driven.planned.approves)
                driven.decided.add(call["call_id"])

    def _do(self, mischief: Mischief) -> None:
        match mischief:
            case Kill():
                self.due.append(mischief)
            case Forge(how):
                status = self.runrelay.forge(how)
                self.forged[status] += 1
                if status < REFUSED.start:
                    raise CommandError(f"A forged webhook ({how}) was answered {status}.")
            case _:
                assert_never(mischief)

    def _kill(self, kill: Kill) -> bool:
        there = [each for each in processes.running(self.stack) if each.function == kill.function]
        if not there or not there[int(kill.luck * len(there))].kill():
            return False
        self.kills[kill.function] += 1
        return True


def _is_given_up(driven: Driven) -> bool:
    return time.monotonic() - driven.started_at > PATIENCE_SECONDS

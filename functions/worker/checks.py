"""Checks: a delayed look at a run that no webhook has moved.

A run says itself when it is due, so a check that arrives is right or comes to nothing: whoever moved the run
has set a later time. So a run has one chain of checks, however many messages there are. A chain whose message
was lost is taken up by the sweeper, which finds runs that are overdue.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any, Literal

from contracts import instant
from contracts.messages import RunMessage
from contracts.queue import Queue
from contracts.records import Run
from contracts.status import Kind

from functions.worker.core.before_looking import CLOCK_SKEW
from functions.worker.core.schedule import CheckSchedule, Schedule
from functions.worker.core.steps import CheckAgain, Listen, LookAgain
from functions.worker.run_store import RunStore

type LeftToDo = Literal["stop", "announce"]
"""What may be left to do for a run: turns that nobody awaits are at work, or the world was not told of it."""

GOES_ON = {"doubted_since": None, "trouble": None, "check_of_turn": None}
"""What is written of a run that the provider has answered about, and that is due anew."""

NEAR, MOST_NEAR = 6, timedelta(seconds=5)
"""A due time that is early by no more than this part of the wait, nor than this, stays: to move it is two
writes of an index.

So it is of most runs whose first turn begins at once, for the API wrote down when they are due.
"""


@dataclass(frozen=True, slots=True)
class Checks:
    """Plans checks, and sends them as delayed messages, which burn no receive count.

    Attributes:
        schedules: When a run is looked at whose turn is at work.
        while_calls_run: When one whose calls are.
    """

    schedules: Mapping[Kind, Schedule]
    while_calls_run: Schedule
    store: RunStore
    run_queue: Queue

    def stand_in_for_webhooks(self, run: Run) -> bool:
        """Say whether a run's checks are there in case a webhook is lost, and not instead of webhooks."""
        return isinstance(self.schedules[run.kind], CheckSchedule)

    def due(self, run: Run) -> dict[str, Any]:
        """Say when a run whose turn begins now is due, as changes to its record."""
        wait = self._first_wait(run)
        due_at = min(instant.now() + wait, run.deadline_at)
        if run.due_at is not None and due_at - _near(wait) <= run.due_at <= due_at:
            due_at = run.due_at
        return {"checks": 0, **GOES_ON, "due_at": due_at}

    def begun(self, run: Run) -> tuple[dict[str, Any], bool]:
        """Say when a run that begins a turn is due, as changes to its record; and whether to send a check.

        None is sent while that of an earlier turn is under way and comes before this one's would: it plans
        this one's, which is seldom needed, for most runs are over by then. One that is due in a moment may be
        the very one that has the turn begun.
        """
        due = self.due(run)
        soon = instant.now() + CLOCK_SKEW
        is_under_way = run.turn > 0 and run.due_at is not None and soon < run.due_at <= due["due_at"]
        if not is_under_way or not self.stand_in_for_webhooks(run):
            return due, True
        return due | {"due_at": run.due_at, "check_of_turn": run.check_of_turn or run.turn}, False

    def on_time(self, run: Run) -> None:
        """Plan the first check of a run's current turn."""
        self.send(self.store.advance(run, check_of_turn=None, due_at=self._regular(run)))

    def due_with_calls(self, run: Run, *, no_later_than: datetime | None, is_checked: bool) -> dict[str, Any]:
        """Say when a run whose calls begin now is due, as changes to its record.

        Args:
            no_later_than: When a call of it will have waited long enough.
            is_checked: A check has found the calls, and so the run has none under way. Otherwise the one that
                was sent when the turn began is, and comes when the run is due already.
        """
        due_at = self._after(run, self.while_calls_run.delay(0)) if is_checked else run.due_at
        due_at = min(filter(None, (due_at, no_later_than)), default=None)
        return {"checks": 0, **GOES_ON, "due_at": due_at}

    def _after(self, run: Run, delay_seconds: int) -> datetime:
        """Give the moment after a delay, but never later than a run's deadline."""
        return min(instant.now() + timedelta(seconds=delay_seconds), run.deadline_at)

    def _regular(self, run: Run) -> datetime:
        """Say when a run whose turn has begun is due, as when it was begun."""
        begun_at = run.turn_started_at or instant.now()
        return min(begun_at + self._first_wait(run), run.deadline_at)

    def _first_wait(self, run: Run) -> timedelta:
        return timedelta(seconds=self.schedules[run.kind].delay(0))

    def send(self, run: Run, *, attempt: int = 0) -> None:
        """Have a run looked at when it is due."""
        if run.due_at is not None:
            delay_seconds = max(0, ceil((run.due_at - instant.now()).total_seconds()))
            self.run_queue.send(RunMessage(run.run_id, "check", attempt), delay_seconds=delay_seconds)

    def go_on(self, run: Run, step: CheckAgain) -> None:
        """Plan the next check after one that found nothing."""
        schedule = self.while_calls_run if run.status == "requires_action" else self.schedules[run.kind]
        due_at = self._after(run, schedule.delay(run.checks + 1))
        due_at = min(due_at, step.no_later_than or due_at)
        self.send(self.store.advance(run, checks=run.checks + 1, **GOES_ON, due_at=due_at))

    def put_off(self, run: Run, step: LookAgain) -> None:
        """Plan a look that could not be had now."""
        due_at = self._after(run, step.delay_seconds)
        known = {"doubted_since": step.doubted_since, "trouble": step.trouble}
        due = self.store.advance(run, due_at=due_at, check_of_turn=None, **known)
        self.send(due, attempt=step.attempt)

    def try_later(self, run: Run, what: LeftToDo, delay_seconds: int, *, attempt: int) -> None:
        """Have what could not be done for a run be tried again."""
        self.run_queue.send(RunMessage(run.run_id, what, attempt), delay_seconds=delay_seconds)

    def listen(self, run: Run, step: Listen) -> None:
        """Remember what a session said, and plan a look soon, or none before the regular one.

        The check of the regular one was sent when the turn began, and must find the run due; once it may
        have come, the next one must.
        """
        if step.look_in_seconds is None:
            earliest = self._regular(run) - _near(self._first_wait(run))
            is_to_come = run.heard is not None and instant.now() < earliest
            due_at = earliest if is_to_come else run.due_at
            self.store.advance(run, heard=step.heard, due_at=due_at)
        else:
            soon = self._after(run, step.look_in_seconds)
            self.send(self.store.advance(run, heard=step.heard, due_at=soon))


def _near(wait: timedelta) -> timedelta:
    """Say by how much a due time may be early and stays, of a wait."""
    return min(wait / NEAR, MOST_NEAR)

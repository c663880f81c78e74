"""The end of a run: decided, carried out, written, told.

What an end takes away, its calls and its turn at the provider, is gone, and another worker may see the run go
on at that moment. So an end that others might see otherwise is decided first, by a write on the version that
was read; whoever looks at the run after that carries it out. A cancel and a deadline are on record already.

Nothing that goes wrong in carrying it out, not even a mistake of ours, keeps a run from its end.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools import Logger
from contracts import instant
from contracts.error_facts import facts_of
from contracts.lasting_errors import will_stay
from contracts.measures import count
from contracts.records import Run, Turn
from contracts.status import Status

from functions.worker.announcements import Announcements
from functions.worker.calls import Calls
from functions.worker.checks import Checks
from functions.worker.core.endings import decided
from functions.worker.core.steps import EndRun
from functions.worker.core.usage import run_usage
from functions.worker.orphans import FIRST_STOP_SECONDS, Orphans
from functions.worker.run_store import RunStore
from functions.worker.turns import NO_SUBMISSION

ANNOUNCE_AGAIN_SECONDS, MAX_ANNOUNCED = 30, 12
"""When what EventBridge did not take is announced again, after twice as long each time; how often."""

MAX_STOPS = 6
"""How often what could not be stopped is stopped again, after twice as long each time."""


@dataclass(frozen=True, slots=True)
class Endings:
    """Ends runs."""

    store: RunStore
    orphans: Orphans
    calls: Calls
    checks: Checks
    announcements: Announcements
    logger: Logger

    def end(self, run: Run, step: EndRun, turn: Turn | None) -> None:
        """Bring a run to its terminal status.

        Args:
            turn: The record of the turn it ends with, if that is known.

        Raises:
            StaleReadError: Somebody has moved the run since it was read.
        """
        status_from = run.status
        changes = self._kept(run, step, turn)
        if _takes_away(run, step) and not _is_certain(run):
            run, changes = self.store.advance(run, ending=decided(step), **changes), {}
        is_stopped = not step.stops_turn or self._carry_out(run, self.orphans.stop_turn)
        is_quiet = not _may_have_calls(run) or self._carry_out(run, self._withdraw)
        is_listed = self._carry_out(run, self.orphans.disown_others)
        if not is_stopped:
            self.orphans.leave_turn(run)
        if not is_listed:
            self.stop_later(run)
        ended = self.store.advance(
            run,
            **changes,
            status=step.status,
            error=step.error,
            ending=None,
            ended_at=instant.now(),
            due_at=None,
            check_of_turn=None,
            sweep=None,
            **(NO_SUBMISSION if is_listed else {}),  # it tells that there may be more to list
        )
        if not is_quiet:
            self._carry_out(ended, self._withdraw)  # what has asked for a person since
        count("RunEnded", status=ended.status, kind=ended.kind)
        self.announce(ended, status_from, 0)

    def _kept(self, run: Run, step: EndRun, turn: Turn | None) -> dict[str, Any]:
        """Keep the last turn whole, and say what of it is written on its run."""
        if step.seen is None or turn is None:
            return {}
        self.store.put(run, turn)
        return {"result_read_at": run.version, "usage": run_usage(run.usage, step.seen.usage)}

    def _withdraw(self, run: Run) -> bool:
        """Close a run's calls; says whether nobody is at one of them still."""
        return not self.calls.withdraw(run, instant.now())

    def _carry_out(self, run: Run, part: Callable[[Run], bool]) -> bool:
        """Do a part of an end; says whether it is done, which it is not if that is a mistake of ours."""
        try:
            return part(run)
        except Exception as error:
            if not will_stay(error):
                raise
            self.logger.error("end not carried out", extra={"run_id": run.run_id, **facts_of(error)})
            return False

    def announce(self, run: Run, status_from: Status | None, attempt: int) -> None:
        """Tell the world that a run is over; if it cannot be told now, later, ever more rarely.

        Args:
            status_from: None, if it may have been told before.
        """
        if not self.announcements.status_changed(run, status_from):
            self.announce_later(run, attempt)

    def announce_later(self, run: Run, attempt: int) -> None:
        """Have what the world could not be told be told again, if that was not tried too often."""
        if attempt < MAX_ANNOUNCED:
            self.checks.try_later(run, "announce", ANNOUNCE_AGAIN_SECONDS << attempt, attempt=attempt + 1)

    def stop_later(self, run: Run, attempt: int = 0) -> None:
        """Have what could not be stopped be stopped again, if that was not tried too often."""
        if attempt < MAX_STOPS:
            self.checks.try_later(run, "stop", FIRST_STOP_SECONDS << attempt, attempt=attempt + 1)


def _takes_away(run: Run, step: EndRun) -> bool:
    return (step.stops_turn and run.turn > 0) or _may_have_calls(run)


def _is_certain(run: Run) -> bool:
    """Say whether a run comes to this end whoever looks: nobody can see it go on."""
    is_decided = run.is_to_be_cancelled or run.ending is not None
    return is_decided or instant.now() >= run.deadline_at


def _may_have_calls(run: Run) -> bool:
    """Say whether a run that ends may have open calls; of very many, some are on record before it says so."""
    return run.status in ("requires_action", "cancelling") or run.half_recorded == run.turn

"""The load of a stack, from its list of runs of thirty days, of which the newest thousand are read."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from statistics import fmean
from typing import Final

from runrelay.client.blocking import Runrelay
from runrelay.client.models import RunSummary
from runrelay.command_line import CommandError
from runrelay.cost.estimate import Load

MONTH: Final = timedelta(days=30)
MOST_RUNS: Final = 1000


def load_of(client: Runrelay, assumed: Load) -> Load:
    """Read how many runs there were, how long they took and how many turns they had.

    Args:
        assumed: What the list does not tell: how they would be polled.

    Raises:
        CommandError: None of them has ended.
    """
    now = datetime.now(UTC)
    listed = list(
        client.runs.list(limit=MOST_RUNS, since=now - MONTH, on_unreadable=lambda _unreadable: None)
    )
    return seen_in(listed, now, assumed)


def seen_in(listed: Sequence[RunSummary], now: datetime, assumed: Load) -> Load:
    """Make a month of runs, newest first; of more than are listed, their pace is taken for that of all.

    Raises:
        CommandError: None of them has ended.
    """
    ended = [run for run in listed if run.ended_at is not None]
    if not ended:
        raise CommandError(
            "No run of the last 30 days has ended. Say what to reckon with: "
            "runrelay cost --runs 100000 --seconds 60"
        )
    runs = float(len(listed))
    if len(listed) == MOST_RUNS:
        runs *= MONTH / max(now - listed[-1].created_at, timedelta(seconds=1))
    took = fmean((run.ended_at - run.created_at).total_seconds() for run in ended if run.ended_at)
    turns = fmean(max(run.turn, 1) for run in ended)
    return replace(assumed, runs=runs, seconds=max(took, 0.1), turns=turns)

"""The load of a stack, from its list of runs of thirty days, of which the newest thousand are read."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from statistics import fmean
from typing import Final

from runrelay.client.blocking import Runrelay
from runrelay.client.errors import DeletedError, NotFoundError, UnreadableRunError
from runrelay.client.models import RunSummary
from runrelay.command_line import CommandError
from runrelay.cost.estimate import Load

MONTH: Final = timedelta(days=30)
MOST_RUNS: Final = 1000
MOST_LOOKED_AT: Final = 50
"""Runs with calls, of which each is read whole: how long its turns took is not in the list."""


def load_of(client: Runrelay, assumed: Load) -> Load:
    """Read how many runs there were, how long the model took for them and how many turns they had.

    Args:
        assumed: What the list does not tell: how they would be polled.

    Raises:
        CommandError: None of them has ended.
    """
    now = datetime.now(UTC)
    listed = list(
        client.runs.list(limit=MOST_RUNS, since=now - MONTH, on_unreadable=lambda _unreadable: None)
    )
    return seen_in(listed, now, assumed, _seconds_of_turns(client, listed))


def _seconds_of_turns(client: Runrelay, listed: Sequence[RunSummary]) -> Mapping[str, float]:
    """Read how long the turns of the newest runs with calls took, by the runs' ids."""
    took = {}
    for each in [each for each in listed if each.is_over and _has_calls(each)][:MOST_LOOKED_AT]:
        try:
            turns = client.runs.get(each.run_id).turns
        except (DeletedError, NotFoundError, UnreadableRunError):
            continue
        took[each.run_id] = sum((turn.ended_at - turn.started_at).total_seconds() for turn in turns)
    return took


def _has_calls(run: RunSummary) -> bool:
    """Say whether a run may have waited for tools and people, while no loop would poll."""
    return run.call_count != 0


def seen_in(
    listed: Sequence[RunSummary], now: datetime, assumed: Load, seconds_of_turns: Mapping[str, float]
) -> Load:
    """Make a month of runs, newest first; of more than are listed, their pace is taken for that of all.

    Args:
        seconds_of_turns: What the model took for some of the runs with calls; the others took as long.

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
    usual = fmean(seconds_of_turns.values()) if seconds_of_turns else None
    took = fmean(
        seconds_of_turns.get(run.run_id, usual)
        if usual is not None and _has_calls(run)
        else (run.ended_at - run.created_at).total_seconds()
        for run in ended
        if run.ended_at
    )
    turns = fmean(max(run.turn, 1) for run in ended)
    return replace(assumed, runs=runs, seconds=max(took, 0.1), turns=turns)

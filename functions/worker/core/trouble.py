"""How long the provider has kept a run waiting, and when the timeline says so: once, if it lasts."""

from dataclasses import replace
from datetime import datetime, timedelta

from contracts import instant
from contracts.records import Run

from functions.worker.core.steps import LookAgain

LASTS = timedelta(minutes=1)
"""A 429 or a 503 that passes sooner is nobody's business; a missing key is told at once."""


def in_trouble(run: Run, step: LookAgain, now: datetime, *, is_ours: bool = False) -> LookAgain:
    """Put off a look that the provider did not answer, and say so if it lasts until the next one.

    Args:
        is_ours: It lasts until somebody of ours does something about it.
    """
    before = run.trouble or {"since": instant.to_text(now), "is_told": False}
    lasts = now + timedelta(seconds=step.delay_seconds) - instant.from_text(before["since"]) >= LASTS
    trouble = {**before, "is_told": before["is_told"] or is_ours or lasts}
    return replace(step, trouble=trouble, tells=trouble["is_told"] and not before["is_told"])

"""A session's first words: it has not begun yet, or has just begun, and there is nothing to look at.

The first `idle` is from before the first turn, unless webhooks were lost or overtook each other. So it is
looked at a moment later, and not at all if the session says that it works.
"""

from contracts.records import Run

from functions.worker.core.observation import Woken
from functions.worker.core.steps import Listen, Rest, Step

FIRST_IDLE_SECONDS = 2
"""A session that says `idle` at first may not have begun; it says `in_progress` by then if it has."""


def step(run: Run, woken: Woken) -> Step | None:
    """Say what a session's webhook means that is nothing to look at; nothing if it may be."""
    if woken.says == "created":
        return Rest("the session was created")
    is_first = run.status == "in_progress" and run.turn == 1
    if woken.says == "in_progress":
        is_news = is_first and run.heard != "in_progress"
        return Listen("in_progress", None) if is_news else Rest("the session is at work")
    if woken.says == "idle" and is_first and run.heard is None:
        return Listen("idle", FIRST_IDLE_SECONDS)
    return None

"""A turn that failed for a reason that passes is begun again, before anything came of it.

Only a Response is: it left nothing behind, and none of its calls has run. One in which OpenAI called an MCP
server is not: what that did would be done twice. A session or a thread run holds what was said before it
failed, and to say it again would be another request.
"""

from contracts.records import Run

from functions.worker.core.observation import TurnSeen

PASSING_CODES = frozenset({"rate_limit_exceeded", "server_error"})
"""Of the SDK's `ResponseError`: every other code would be the same the next time."""

MAX_OF_A_RUN = 20
"""Each is kept on the run's record; a run whose turns fail so often ends."""

FIRST_DELAY_SECONDS, MAX_DELAY_SECONDS = 5, 60


def is_begun_again(run: Run, seen: TurnSeen, at_most: int) -> bool:
    """Say whether a turn that failed is begun again: each turn so often at most."""
    if run.kind != "response" or run.status != "in_progress":
        return False
    if run.is_to_be_cancelled or seen.may_have_acted:
        return False
    has_passed = seen.error is not None and seen.error.code in PASSING_CODES
    return has_passed and retries_of_turn(run) < at_most and len(run.retried_turns or {}) < MAX_OF_A_RUN


def retries_of_turn(run: Run) -> int:
    """Count how often the current turn was begun again."""
    return sum(retried["turn"] == run.turn for retried in (run.retried_turns or {}).values())


def delay_seconds(run: Run) -> int:
    """Say when the current turn is begun again: a limit that was just hit takes a moment to pass."""
    return min(FIRST_DELAY_SECONDS << retries_of_turn(run), MAX_DELAY_SECONDS)

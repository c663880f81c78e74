"""What it means that the provider did not do what it was asked: later, a few times more, or never."""

from datetime import datetime, timedelta
from math import ceil

from contracts.records import Failure, Run

from functions.worker.core.observation import (
    Doubtful,
    ProviderBusy,
    ProviderRefused,
    TooEarly,
    TurnNotKnown,
    Woken,
)
from functions.worker.core.steps import EndRun, LookAgain, Step
from functions.worker.core.submission import lives_on
from functions.worker.core.trouble import in_trouble

MIN_PATIENCE = timedelta(minutes=2)
"""So long a refusal that may pass is not believed: responses were unknown for 33 s after they ended."""

MAX_PATIENCE = timedelta(minutes=15)

PATIENCE_OF_AGE = 4
"""A quarter of a run's age: the more was done, the longer it is asked whether that is lost."""

MAX_DOUBT_DELAY_SECONDS = 30

MAX_BACKOFF_SECONDS = 60

LOST = Failure("not_found", "The provider no longer knows the run's current turn.")


def step(
    run: Run,
    seen: ProviderBusy | TurnNotKnown | Doubtful | TooEarly | ProviderRefused,
    woken: Woken,
    now: datetime,
) -> Step:
    """Decide whether to ask again, and when."""
    match seen:
        case ProviderBusy():
            delay = seen.retry_after_seconds or min(2**woken.attempt, MAX_BACKOFF_SECONDS)
            return in_trouble(run, LookAgain(delay, woken.attempt + 1, seen.why), now, is_ours=seen.is_ours)
        case TurnNotKnown():
            return _ask_again(run, now, "turn not known") or EndRun("lost", LOST, None)
        case Doubtful():
            again = _ask_again(run, now, f"refused: {seen.error.code}")
            return again or EndRun("failed", seen.error, None, stops_turn=_is_begun(run))
        case TooEarly():
            again = _ask_again(run, now, "answers came too early")
            return again or EndRun("failed", seen.error, None, stops_turn=True)
        case ProviderRefused():
            return EndRun("failed", seen.error, None, stops_turn=_is_begun(run))


def patience(run: Run, now: datetime) -> timedelta:
    """Say for how long a refusal that may pass is asked again."""
    return min(max(MIN_PATIENCE, (now - run.created_at) / PATIENCE_OF_AGE), MAX_PATIENCE)


def _ask_again(run: Run, now: datetime, why: str) -> LookAgain | None:
    """Ask again, ever later, while the doubt is not old enough to be believed."""
    since = run.doubted_since or now
    doubted = now - since
    if doubted >= patience(run, now):
        return None
    delay = min(max(1, ceil(doubted.total_seconds())), MAX_DOUBT_DELAY_SECONDS)
    return LookAgain(delay, 0, why, since)


def _is_begun(run: Run) -> bool:
    """Say whether a turn may be at work, or wait, where we were refused."""
    return lives_on(run) or run.status in ("in_progress", "cancelling")

"""What it means that the provider did not do what it was asked: later, a few times more, or never."""

from contracts.records import Failure, Run

from functions.worker.core.observation import ProviderBusy, ProviderRefused, TooEarly, TurnNotKnown, Woken
from functions.worker.core.steps import EndRun, LookAgain, Step
from functions.worker.core.submission import lives_on

NOT_KNOWN_DELAYS_SECONDS = (1, 2, 4, 8)
"""A turn may be known a little later than its id; after these looks it counts as lost."""

TOO_EARLY_DELAYS_SECONDS = (1, 1, 2, 4, 8)
"""Answers may be expected a little later than they were asked for; after these they count as refused."""

MAX_BACKOFF_SECONDS = 60


def step(run: Run, seen: ProviderBusy | TurnNotKnown | TooEarly | ProviderRefused, woken: Woken) -> Step:
    """Decide whether to ask again, and when."""
    match seen:
        case ProviderBusy():
            delay = seen.retry_after_seconds or min(2**woken.attempt, MAX_BACKOFF_SECONDS)
            return LookAgain(delay, woken.attempt + 1, seen.why)
        case TurnNotKnown():
            return _not_known(woken)
        case TooEarly():
            return _too_early(seen, woken)
        case ProviderRefused():
            return EndRun("failed", seen.error, None, stops_turn=lives_on(run))


def _not_known(woken: Woken) -> Step:
    if woken.attempt < len(NOT_KNOWN_DELAYS_SECONDS):
        return LookAgain(NOT_KNOWN_DELAYS_SECONDS[woken.attempt], woken.attempt + 1, "turn not known")
    return EndRun("lost", Failure("not_found", "The provider no longer knows the run's current turn."), None)


def _too_early(seen: TooEarly, woken: Woken) -> Step:
    if woken.attempt < len(TOO_EARLY_DELAYS_SECONDS):
        return LookAgain(TOO_EARLY_DELAYS_SECONDS[woken.attempt], woken.attempt + 1, "answers came too early")
    return EndRun("failed", seen.error, None, stops_turn=True)

"""What an observation means for a run: facts in, a step out. No clock, no network, no environment."""

from datetime import datetime
from typing import assert_never

from contracts.records import Run

from functions.worker.core import after_calls, after_refusal, after_turn, before_looking
from functions.worker.core.calls import waiting_until
from functions.worker.core.observation import (
    AnswerLost,
    CallsSeen,
    GateClosed,
    Observation,
    ProviderBusy,
    ProviderRefused,
    TooEarly,
    TurnNotKnown,
    TurnSeen,
    Woken,
)
from functions.worker.core.steps import AnnounceEnd, AwaitSubmission, CheckAgain, LookAgain, Rest, Step
from functions.worker.core.submission import seconds_left


def next_step(run: Run, woken: Woken, seen: Observation | None, now: datetime) -> Step:
    """Decide what to do with a run.

    Args:
        woken: Why somebody looks.
        seen: What they saw besides the run's record; nothing yet, at first.
    """
    match seen:
        case TurnSeen():
            step = _keep_checking(after_turn.step(run, seen, woken), woken)
        case _ if run.is_over:
            step = AnnounceEnd() if woken.is_redelivery else Rest("the run is over")
        case None:
            step = before_looking.step(run, woken, now)
        case CallsSeen():
            step = after_calls.step(run, seen, woken, now)
            step = _keep_checking(step, woken, no_later_than=waiting_until(seen.calls))
        case TurnNotKnown() | ProviderBusy() | TooEarly() | ProviderRefused():
            step = after_refusal.step(run, seen, woken)
        case GateClosed():
            step = LookAgain(seen.seconds, woken.attempt, "the provider's gate is closed")
        case AnswerLost():
            step = AwaitSubmission(seconds_left(run, now))
        case _:
            assert_never(seen)
    return step


def _keep_checking(step: Step, woken: Woken, *, no_later_than: datetime | None = None) -> Step:
    """Go on with a run's checks after one that found nothing to do."""
    return CheckAgain(no_later_than) if woken.by == "check" and isinstance(step, Rest) else step

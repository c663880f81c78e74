"""What an observation means for a run: facts in, a step out. No clock, no network, no environment."""

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from contracts.records import Run

from functions.worker.core import after_calls, after_refusal, after_turn, before_looking
from functions.worker.core.calls import waiting_until
from functions.worker.core.endings import as_promised, decided_end
from functions.worker.core.observation import (
    AnswerLost,
    CallsSeen,
    Doubtful,
    GateClosed,
    Observation,
    ProviderBusy,
    ProviderRefused,
    TooEarly,
    TurnNotKnown,
    TurnSeen,
    Woken,
)
from functions.worker.core.steps import (
    AnnounceEnd,
    CheckAgain,
    DeleteRun,
    EndRun,
    HandOutCalls,
    LookAgain,
    Rest,
    Step,
    StopOrphans,
    WithdrawCalls,
)
from functions.worker.core.submission import await_submission
from functions.worker.core.trouble import in_trouble


def next_step(
    run: Run, woken: Woken, seen: Observation | None, now: datetime, *, turn_retries: int = 0
) -> Step:
    """Decide what to do with a run.

    Args:
        woken: Why somebody looks.
        seen: What they saw besides the run's record; nothing yet, at first.
        turn_retries: How often a turn is begun again that failed for a reason that passes.
    """
    match seen:
        case TurnSeen():
            step = _keep_checking(run, after_turn.step(run, seen, woken, turn_retries), woken, now)
        case None:
            step = _first_step(run, woken, now)
        case _ if run.is_over:
            step = _after_the_end(woken)
        case CallsSeen():
            step = after_calls.step(run, seen, woken, now)
            step = _keep_checking(run, step, woken, now, no_later_than=waiting_until(seen.calls))
        case TurnNotKnown() | Doubtful() | ProviderBusy() | TooEarly() | ProviderRefused():
            step = after_refusal.step(run, seen, woken, now)
        case GateClosed():
            why = (
                f"the provider's gate is closed: {seen.why}" if seen.why else "the provider's gate is closed"
            )
            step = in_trouble(run, LookAgain(seen.seconds, woken.attempt, why), now)
        case AnswerLost():
            step = await_submission(run, woken, now)
        case _:
            assert_never(seen)
    return as_promised(run, step) if isinstance(step, EndRun) else step


def _first_step(run: Run, woken: Woken, now: datetime) -> Step:
    if run.deletion_requested_at is not None:
        is_for_it = woken.by in ("delete", "check") and before_looking.is_due(run, now)
        return DeleteRun() if is_for_it else Rest("the run is being deleted")
    if woken.by == "stop":
        return StopOrphans(woken.attempt)
    if run.is_over:
        return _after_the_end(woken)
    return decided_end(run) or before_looking.step(run, woken, now)


def _after_the_end(woken: Woken) -> Step:
    if woken.by == "decision_needed":
        return WithdrawCalls(announces=woken.is_redelivery)
    if woken.by == "announce" or woken.is_redelivery:
        return AnnounceEnd(woken.attempt if woken.by == "announce" else 0)
    return Rest("the run is over")


def _keep_checking(
    run: Run, step: Step, woken: Woken, now: datetime, *, no_later_than: datetime | None = None
) -> Step:
    """Go on with the checks after one that moved nothing, and after a cancel.

    A run that this check has moved is due later, and whoever moved it has sent for that; but for a cancel
    that the check came before, or instead of. Whoever finds that a call has waited long enough before the
    run is due, sends for that.
    """
    is_to_go_on = run.status == "cancelling" or before_looking.is_due(run, now)
    is_sooner = no_later_than is not None and run.due_at is not None and no_later_than < run.due_at
    if woken.by != "cancel" and not (woken.by == "check" and is_to_go_on) and not is_sooner:
        return step
    match step:
        case Rest():
            return CheckAgain(no_later_than)
        case HandOutCalls():
            return replace(step, then=CheckAgain(no_later_than))
        case _:
            return step

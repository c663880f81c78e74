"""Deciding a call: a person says whether what the model asked for may be done."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from contracts import instant
from contracts.catalog import CatalogEntry
from contracts.measures import count_call
from contracts.messages import RunMessage
from contracts.queue import Queue
from contracts.records import Call, Decision, Failure, Run

from functions.api.caller import Caller
from functions.api.calls import refuse_unless_in_time, run_and_call
from functions.api.inputs import Decide
from functions.api.problems import ProblemError, WrongFieldError
from functions.api.run_store import RunStore

LOGIN = "browser_authentication"
"""The name of a computer-use approval that asks for credentials."""


@dataclass(frozen=True, slots=True)
class Decider:
    """Writes decisions down, and has the worker go on."""

    store: RunStore
    catalog: Mapping[str, CatalogEntry]
    run_queue: Queue

    def decide(self, run_id: str, call_id: str, wanted: Decide, by: Caller | None) -> Call:
        """Decide a call; the same decision once more, whoever's it is, only tells the worker again.

        Raises:
            ProblemError: 404; 409, the call does not await a decision.
            WrongFieldError: It is a login, which cannot be approved.
            QueueUnavailableError: The decision is written down but nobody was told; repeat it.
        """
        run, call = run_and_call(self.store, run_id, call_id, awaited="awaiting_decision")
        if not _is_recorded(call, wanted):
            changed = decided(run, call, wanted, self.catalog.get(call.name), instant.now())
            changed = replace(changed, decided_by=by)
            call = self.store.change_call(call, changed)
            if call is changed:
                count_call(call, self.catalog)
        if not _is_recorded(call, wanted):
            raise _not_awaited(call)
        if not run.is_over:
            self.run_queue.send(RunMessage(run_id, "decided"))
        return call


def decided(run: Run, call: Call, wanted: Decide, entry: CatalogEntry | None, now: datetime) -> Call:
    """Say what a decision makes of a call.

    Raises:
        ProblemError: 409; it says how the call stands.
        WrongFieldError: It is a login, which cannot be approved.
    """
    if call.outcome != "awaiting_decision":
        raise _not_awaited(call)
    refuse_unless_in_time(run, call, now, awaited="decision")
    if wanted.approve and _is_login(call):
        raise WrongFieldError(
            "approve", "a login is never stored: answer it at the provider straight, or refuse it here"
        )
    call = replace(
        call,
        decision=_word(wanted),
        decision_reason=wanted.reason or None,
        decided_at=now,
        wait_until=None,
    )
    return _approved(run, call, entry, now) if wanted.approve else _denied(call, now)


def _approved(run: Run, call: Call, entry: CatalogEntry | None, now: datetime) -> Call:
    if call.type != "function_call":
        return replace(call, outcome="succeeded", ended_at=now)
    call = replace(call, outcome="pending", error=None)
    if call.executor == "tools":
        return call
    timeout = timedelta(seconds=entry.timeout) if entry else run.deadline_at - now
    return replace(call, wait_until=min(now + timeout, run.deadline_at))


def _denied(call: Call, now: datetime) -> Call:
    """Refuse a call; one that has an error already was begun before, and may have taken effect."""
    because = f": {call.decision_reason}" if call.decision_reason else "."
    if call.error:
        words = f"{call.error.message} A person denied running it again{because}"
        return replace(call, outcome="unknown", error=Failure(call.error.code, words), ended_at=now)
    error = Failure("denied", f"A person denied this call{because}")
    return replace(call, outcome="denied", error=error, ended_at=now)


def _is_login(call: Call) -> bool:
    return call.type == "computer_use_approval_request" and call.name == LOGIN


def _is_recorded(call: Call, wanted: Decide) -> bool:
    is_decided = call.outcome != "awaiting_decision" and call.decision == _word(wanted)
    return is_decided and call.decision_reason == (wanted.reason or None)


def _word(wanted: Decide) -> Decision:
    return "approved" if wanted.approve else "denied"


def _not_awaited(call: Call) -> ProblemError:
    if call.outcome == "awaiting_decision":
        return ProblemError(HTTPStatus.CONFLICT, "the call was asked about again meanwhile: look at it first")
    words = f"the call is {call.outcome}, it does not await a decision"
    if call.decided_at is None:
        return ProblemError(HTTPStatus.CONFLICT, words)
    decided_at, reason = instant.to_text(call.decided_at), call.decision_reason
    because = f" ({reason})" if reason else ", without a reason,"
    first: dict[str, Any] = {"decision": call.decision, "reason": reason, "decided_at": decided_at}
    if call.decided_by:
        first |= {"decided_by": call.decided_by}
    words = f"{words}: it was {call.decision}{because} at {decided_at}"
    return ProblemError(HTTPStatus.CONFLICT, words, first=first)

"""Running one call: claim it, run its tool, store what came of it, say what is new about it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import assert_never

from aws_lambda_powertools import Logger
from contracts import instant
from contracts.arguments import arguments_text
from contracts.error_facts import facts_of
from contracts.errors import RetryLaterError, StaleReadError
from contracts.lasting_errors import will_stay
from contracts.measures import count, count_call
from contracts.messages import CallMessage, Reason, RunMessage
from contracts.payloads import PayloadBucket
from contracts.queue import Queue
from contracts.records import Call, Outcome

from functions.tools.attempt import Attempt
from functions.tools.call_ledger import CallLedger, Claimed, NotOurs, TakenOver
from functions.tools.lambda_functions import LambdaFunctions
from functions.tools.result import DecisionNeeded, Ended, Result, failed, not_begun, unknown
from functions.tools.tool import Tool

SECONDS_TO_STORE = 5
"""Left of the function's time for storing the outcome after a tool was ended."""

WITHOUT_EFFECT = frozenset({"unknown_tool", "tool_out_of_order", "invalid_arguments", "internal_error"})
"""Failures of an attempt that has begun nothing."""


@dataclass(frozen=True, slots=True)
class Runner:
    """Runs calls.

    Attributes:
        patience: How long a person may take to decide about a call.
        out_of_order: Tools whose modules cannot be used, and what is wrong with those.
    """

    tools: Mapping[str, Tool]
    ledger: CallLedger
    payloads: PayloadBucket
    run_queue: Queue
    lambda_functions: LambdaFunctions
    patience: timedelta
    logger: Logger
    out_of_order: Mapping[str, str] = field(default_factory=dict)

    def run(self, message: CallMessage, *, owner: str, seconds_left: float, is_last: bool = False) -> None:
        """Run a call once, whoever else was told to; then have the worker look at its run.

        Args:
            owner: Names this delivery in the claim.
            seconds_left: Until Lambda ends the invocation.
            is_last: The message will not come again: an exception that would stay is what came of the call.

        Raises:
            RetryLaterError: Somebody else holds the call; it may die.
        """
        ends_at = instant.now() + timedelta(seconds=seconds_left - SECONDS_TO_STORE)
        claim = self.ledger.claim(message, owner=owner, lease=timedelta(seconds=seconds_left))
        match claim:
            case None:
                facts = {"run_id": message.run_id, "call_id": message.call_id}
                self.logger.error("call not found", extra=facts)
            case Claimed(call):
                self._finish(call, partial(self._begin, call, ends_at, is_last=is_last), is_last=is_last)
            case TakenOver(call):
                self._finish(call, partial(self._resume, call, ends_at), is_last=is_last)
            case NotOurs(call):
                self._tell(call)
            case _:
                assert_never(claim)

    def _finish(self, call: Call, take_up: Callable[[], Result], *, is_last: bool) -> None:
        """Run a call that is ours, and write what came of it."""
        try:
            self._settle(call, take_up())
        except Exception as error:
            if not self._is_given_up(call, error, is_last=is_last):
                raise
            broken = unknown(call, self.tools.get(call.name), _name_of(error))
            self._settle(call, _not_run(call, error) if call.effect == "pure" else broken)

    def _is_given_up(self, call: Call, error: Exception, *, is_last: bool) -> bool:
        """Say whether an error is what came of a call, and log it then."""
        if not (is_last and will_stay(error)):
            return False
        facts = {"run_id": call.run_id, "call_id": call.call_id, **facts_of(error)}
        self.logger.error("call given up", extra=facts)
        return True

    def _begin(self, call: Call, ends_at: datetime, *, is_last: bool) -> Result:
        """Run a call that nobody has run, or a person wants run once more."""
        try:
            attempt = self._attempt(call, ends_at)
        except Exception as error:
            if self._is_given_up(call, error, is_last=is_last):
                return self._as_far_as_known(call, not_begun(_not_run(call, error)))
            self.ledger.release(call)  # as if it had never been claimed: nothing of it was done
            raise
        return self._as_far_as_known(call, attempt if isinstance(attempt, Ended) else attempt.run())

    def _resume(self, call: Call, ends_at: datetime) -> Result:
        """Do with a call whose owner died what its effect allows; one that is not known allows nothing.

        Nor is there anything to do once its run has ended.
        """
        detail = "The function that ran it ended before it wrote what came of it."
        tool = self.tools.get(call.name)
        if call.withdrawn_at is not None:
            return not_begun(_given_up(call, None, f"{detail} Its run has ended."))
        if call.effect not in ("pure", "keyed", "verify"):
            return not_begun(unknown(call, tool, detail))
        if tool is not None and call.attempts > tool.max_attempts:
            return not_begun(_given_up(call, tool, detail))
        attempt = self._attempt(call, ends_at)
        if isinstance(attempt, Ended):
            result: Result = not_begun(attempt)
        else:
            result = attempt.verify_and_run() if call.effect == "verify" else attempt.run()
        return self._as_far_as_known(call, result)

    def _as_far_as_known(self, call: Call, result: Result) -> Result:
        """Leave a call unknown which an earlier attempt began and this one did not.

        Its tool has changed in the meantime, or is gone; or its arguments pass no longer.
        """
        is_in_doubt = call.attempts > 1 and call.effect != "pure" and _has_begun_nothing(result)
        detail = "An earlier attempt has begun it, and nobody knows what came of that."
        return not_begun(unknown(call, self.tools.get(call.name), detail)) if is_in_doubt else result

    def _attempt(self, call: Call, ends_at: datetime) -> Attempt | Ended:
        """Find a call's tool and its arguments; without a tool the call is over."""
        if (reason := self.out_of_order.get(call.name)) is not None:
            count("ToolModuleBroken")
            return failed("tool_out_of_order", f"The tool {call.name} is out of order.", reason)
        tool = self.tools.get(call.name)
        if tool is None or tool.executor == "external":
            return failed("unknown_tool", f"There is no tool named {call.name}.")
        written = arguments_text(self.payloads.fetch(call.arguments))
        return Attempt(call, tool, written, self.lambda_functions, ends_at)

    def _settle(self, call: Call, result: Result) -> None:
        """Write what came of a call, if it is still ours."""
        facts = {"run_id": call.run_id, "call_id": call.call_id, "tool": call.name}
        try:
            settled = self._write(call, result)
        except StaleReadError:
            self.logger.warning("claim lost", extra=facts)
            return
        self.logger.info(
            "call ended" if isinstance(result, Ended) else "decision asked for",
            extra={
                **facts,
                "outcome": settled.outcome,
                "error_code": settled.error and settled.error.code,
            },
        )
        if outcome := _counted_as(result):
            count_call(settled, self.tools, outcome)
        self._tell(settled)

    def _write(self, call: Call, result: Result) -> Call:
        match result:
            case Ended(outcome, output, error, detail, is_begun):
                key = f"{call.run_id}/{call.turn}/{call.call_id}/output-{call.fence}"
                return self.ledger.close(
                    call,
                    outcome=outcome,
                    output=None if output is None else self.payloads.store(key, output.text),
                    output_type="content" if output and output.is_content else None,
                    error=error,
                    detail=detail,
                    is_begun=is_begun,
                )
            case DecisionNeeded(detail, error, is_begun):
                wait_until = min(filter(None, (instant.now() + self.patience, call.deadline_at)))
                return self.ledger.ask(
                    call, wait_until=wait_until, error=error, detail=detail, is_begun=is_begun
                )
            case _:
                assert_never(result)

    def _tell(self, call: Call) -> None:
        """Have the worker look at the run, if there is something new about this call."""
        if call.outcome == "running" and call.lease_until:
            raise RetryLaterError("the call is running", delay_seconds=_seconds_until(call.lease_until))
        reason: Reason = "decision_needed" if call.outcome == "awaiting_decision" else "call_ended"
        if call.outcome == "awaiting_decision" or not call.is_open:
            self.run_queue.send(RunMessage(call.run_id, reason))


def _not_run(call: Call, error: Exception) -> Result:
    words = f"The tool {call.name} could not be run: Runrelay itself failed each time it tried to."
    return failed("internal_error", words, _name_of(error))


def _name_of(error: Exception) -> str:
    return f"{type(error).__name__}; the log says where."


def _has_begun_nothing(result: Result) -> bool:
    return isinstance(result, Ended) and result.error is not None and result.error.code in WITHOUT_EFFECT


def _given_up(call: Call, tool: Tool | None, detail: str) -> Result:
    """Say what is certain of a call whose function died at each attempt; it is begun no more.

    Args:
        tool: None, if there is nobody left to ask.
    """
    if call.effect != "pure":
        return unknown(call, tool, detail)
    words = f"The tool {call.name} failed: what ran it died {call.attempts - 1} times."
    return failed("tool_died", words, detail)


def _counted_as(result: Result) -> Outcome | None:
    """Say what a call is counted as; one that waits for a person, and is in no doubt, is not yet."""
    match result:
        case DecisionNeeded(error=None):
            return None
        case DecisionNeeded():
            return "unknown"
        case Ended(outcome):
            return outcome
        case _:
            assert_never(result)


def _seconds_until(moment: datetime) -> int:
    """Count whole seconds until a moment, at least one."""
    return max(1, int((moment - instant.now()).total_seconds()) + 1)

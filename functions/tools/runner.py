"""Running one call: claim it, run its tool, store what came of it, say that it is over."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, assert_never

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from pydantic import ValidationError
from runrelay import instant
from runrelay.errors import RetryLaterError, StaleReadError
from runrelay.messages import CallMessage, RunMessage
from runrelay.payloads import PayloadBucket
from runrelay.queue import Queue
from runrelay.records import Call, Failure

from functions.tools.call_ledger import CallLedger, Claimed, NotOurs, seconds_until
from functions.tools.child import Died, Ending, Raised, Returned, TimedOut, run_in_child
from functions.tools.tool import Tool, ToolContext, ToolError

SECONDS_TO_STORE = 5
"""Left of the function's time for storing the outcome after a tool was ended."""

MAX_WORDS_CHARACTERS = 2000
"""An error stands in the call's record, whose size has a limit; the model needs no more of it."""


@dataclass(frozen=True, slots=True)
class Runner:
    """Runs calls."""

    tools: Mapping[str, Tool]
    ledger: CallLedger
    payloads: PayloadBucket
    run_queue: Queue
    logger: Logger
    metrics: Metrics

    def run(self, message: CallMessage, *, owner: str, seconds_left: float) -> None:
        """Run a call once, whoever else was told to; then have the worker look at its run.

        Args:
            owner: Names this delivery in the claim.
            seconds_left: Until Lambda ends the invocation.

        Raises:
            RetryLaterError: Somebody else holds the call; it may die.
        """
        claim = self.ledger.claim(message, owner=owner, lease=timedelta(seconds=seconds_left))
        match claim:
            case None:
                self.logger.error(
                    "call not found", extra={"run_id": message.run_id, "call_id": message.call_id}
                )
                return
            case Claimed(call):
                self._run_claimed(call, seconds_left - SECONDS_TO_STORE)
            case NotOurs(call) if call.outcome == "running" and call.lease_until:
                raise RetryLaterError("the call is running", delay_seconds=seconds_until(call.lease_until))
            case NotOurs():
                pass
            case _:
                assert_never(claim)
        self.run_queue.send(RunMessage(message.run_id, "call_ended"))

    def _run_claimed(self, call: Call, seconds_left: float) -> None:
        try:
            closed = self.ledger.close(call, **self._outcome(call, seconds_left))
        except StaleReadError:
            self.logger.warning("claim lost", extra={"run_id": call.run_id, "call_id": call.call_id})
            return
        self.logger.info(
            "call ended",
            extra={
                "run_id": call.run_id,
                "call_id": call.call_id,
                "tool": call.name,
                "outcome": closed.outcome,
                "error_code": closed.error and closed.error.code,
            },
        )
        self.metrics.add_metric(
            "CallSucceeded" if closed.outcome == "succeeded" else "CallFailed", MetricUnit.Count, 1
        )

    def _outcome(self, call: Call, seconds_left: float) -> dict[str, Any]:
        """Run a call's tool and say what came of it, as changes to the call's record."""
        tool = self.tools.get(call.name)
        if tool is None:
            return _failed("unknown_tool", f"There is no tool named {call.name}.")
        try:
            arguments = tool.read_arguments(self.payloads.fetch(call.arguments))
        except ValidationError as error:
            return _failed(
                "invalid_arguments", f"The arguments of {call.name} break its schema: {_words(error)}"
            )
        timeout = min(tool.timeout, seconds_left)
        ending = _run(tool, arguments, call, timeout)
        match ending:
            case Returned(output):
                key = f"{call.run_id}/{call.turn}/{call.call_id}/output-{call.fence}"
                return {"outcome": "succeeded", "output": self.payloads.store(key, output)}
            case Raised(for_model, detail):
                return _failed("tool_failed", for_model or f"The tool {call.name} failed.", detail)
            case TimedOut():
                return _failed(
                    "tool_timed_out",
                    f"The tool {call.name} did not finish within {timeout:.0f} s; "
                    "it may or may not have taken effect.",
                )
            case Died(exit_code):
                return _failed(
                    "tool_died", f"The tool {call.name} failed.", f"its process ended with code {exit_code}"
                )
            case _:
                assert_never(ending)


def _run(tool: Tool, arguments: Mapping[str, Any], call: Call, timeout: float) -> Ending:
    context = ToolContext(
        run_id=call.run_id,
        call_id=call.call_id,
        idempotency_key=f"{call.run_id}:{call.turn}:{call.call_id}",
        attempt=call.fence,
        deadline=instant.now() + timedelta(seconds=timeout),
        metadata=call.metadata,
    )
    return run_in_child(lambda: tool.call(arguments, context), timeout_seconds=timeout, told_errors=ToolError)


def _failed(code: str, words: str, detail: str | None = None) -> dict[str, Any]:
    return {"outcome": "failed", "error": Failure(code, words[:MAX_WORDS_CHARACTERS]), "detail": detail}


def _words(error: ValidationError) -> str:
    """Say what is wrong with each argument, without its value."""
    return "; ".join(
        f"{'.'.join(map(str, problem['loc'])) or 'arguments'}: {problem['msg']}" for problem in error.errors()
    )

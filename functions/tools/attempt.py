"""One attempt at a call: whether it may run, what came of it, and what is certain when nobody says.

A function that runs a call may die before it writes what came of it, and a tool may be ended in the middle
of its work. Whether the call took effect is unknown then, and the effect of its tool decides:

| effect | the function died | the tool hung or died | the tool raised |
|---|---|---|---|
| pure | it runs again | it failed | it failed |
| keyed | it runs again, with the same key | it failed, and may have taken effect | it failed |
| verify | done, or it runs, or as once | done, or it failed, or as once | the same |
| once | it is not run again: unknown | it failed, and may have taken effect | it failed |

`verify` goes by what the tool's verify function says: done, not done, or that it cannot tell. Where a call
may have taken effect or is unknown, a tool with `when_unknown="ask_person"` leaves it to a person, whose
approval runs it again. A `ToolError` is what it says: the tool knows that it did not work, and how.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, assert_never

from contracts import instant
from contracts.records import Call

from functions.tools.child import (
    Died,
    Ending,
    Failed,
    Raised,
    Returned,
    TimedOut,
    as_text,
    run_in_child,
)
from functions.tools.lambda_functions import LambdaFunctions
from functions.tools.result import DecisionNeeded, Ended, Result, cut, failed, unknown
from functions.tools.tool import Tool, ToolContext, ToolError
from functions.tools.verdict import CannotTell, Done, NotDone, Verdict

HALF, ALL = 1 / 2, 1.0
"""Of the time that is left; half of it where something may have to follow."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A call that is ours, with its tool and its arguments.

    Attributes:
        written: The arguments as the model wrote them, as JSON text; they fit the schema.
        arguments: The same, in the types of the tool's function.
        ends_at: When everything about it has to be over.
    """

    call: Call
    tool: Tool
    written: str
    arguments: Mapping[str, Any]
    lambda_functions: LambdaFunctions
    ends_at: datetime

    def run(self) -> Result:
        """Run the call, unless a person has to decide first."""
        return self._question() or self._run()

    def verify_and_run(self) -> Result:
        """Run the call if the tool says that an earlier attempt took no effect."""
        verdict = self._verify(self._seconds(HALF))
        match verdict:
            case Done(output):
                return Ended("succeeded", output)
            case NotDone():
                return self.run()
            case CannotTell(reason):
                return unknown(self.call, self.tool, reason)
            case _:
                assert_never(verdict)

    def _question(self) -> DecisionNeeded | None:
        if self.call.decision == "approved" or self.tool.approval == "never":
            return None
        seconds = self._seconds(HALF)
        context = self._context(seconds)
        ending = _in_child(lambda: self.tool.needs_decision(self.arguments, context), seconds)
        match ending:
            case Returned(is_needed):
                return DecisionNeeded() if is_needed else None
            case _:
                return DecisionNeeded(cut(f"The approval function gave no answer: {_detail(ending)}"))

    def _run(self) -> Result:
        seconds = self._seconds(HALF if self.call.effect == "verify" else ALL)
        ending = self._ending(seconds)
        match ending:
            case Returned(output):
                return Ended("succeeded", output)
            case Raised(str() as words, detail):
                return failed("tool_error", words, detail)
            case Raised():
                return self._without_result(ending, "tool_failed", f"The tool {self.tool.name} failed")
            case TimedOut():
                words = f"The tool {self.tool.name} did not finish within {seconds:.0f} s"
                return self._without_result(ending, "tool_timed_out", words)
            case Died():
                return self._without_result(ending, "tool_died", f"The tool {self.tool.name} failed")
            case _:
                assert_never(ending)

    def _ending(self, seconds: float) -> Ending[str]:
        context = self._context(seconds)
        if self.tool.lambda_function is None:
            return _in_child(lambda: as_text(self.tool.call(self.arguments, context)), seconds)
        told = {**asdict(context), "deadline": instant.to_text(context.deadline)}
        event = {"arguments": json.loads(self.written), "context": told}
        return self.lambda_functions.invoke(self.tool.lambda_function, event, timeout_seconds=seconds)

    def _without_result(self, ending: Failed, code: str, words: str) -> Result:
        """Say how the call ended, for the tool did not."""
        verdict = self._verdict_on(ending)
        match verdict:
            case Done(output):
                return Ended("succeeded", output)
            case NotDone():
                return failed(code, f"{words}.", _detail(ending))
            case CannotTell(reason):
                detail = f"{_detail(ending)}\n{reason or ''}".strip()
                if self.tool.when_unknown == "ask_person":
                    return unknown(self.call, self.tool, detail)
                return failed(code, f"{words}; it may or may not have taken effect.", detail)
            case _:
                assert_never(verdict)

    def _verdict_on(self, ending: Failed) -> Verdict:
        match self.call.effect:
            case "pure":
                return NotDone()
            case "verify":
                return self._verify(self._seconds(ALL))
            case _:
                return NotDone() if isinstance(ending, Raised) else CannotTell()

    def _verify(self, seconds: float) -> Verdict:
        """Ask the tool whether the call took effect; no answer means that it cannot tell."""
        ending = _in_child(self._verdict_of_the_tool, seconds)
        match ending:
            case Returned(verdict):
                return verdict
            case _:
                return CannotTell(f"The verify function gave no answer: {_detail(ending)}")

    def _verdict_of_the_tool(self) -> Verdict:
        if self.tool.verify_function is None:
            return CannotTell("The tool has no verify function.")
        verdict: Any = self.tool.verify_function(_idempotency_key(self.call), self.arguments)
        match verdict:
            case Done(output):
                return Done(as_text(output))
            case NotDone():
                return NotDone()
            case CannotTell(reason):
                return CannotTell(f"The verify function cannot tell: {reason or 'no reason given'}")
            case _:
                raise TypeError(f"the verify function answered with a {type(verdict).__name__}")

    def _seconds(self, share: float) -> float:
        left = (self.ends_at - instant.now()).total_seconds()
        return max(0, min(self.tool.timeout, left * share))

    def _context(self, seconds: float) -> ToolContext:
        return ToolContext(
            run_id=self.call.run_id,
            call_id=self.call.call_id,
            idempotency_key=_idempotency_key(self.call),
            attempt=self.call.fence,
            deadline=instant.now() + timedelta(seconds=seconds),
            metadata=self.call.metadata,
        )


def _in_child[T](function: Callable[[], T], seconds: float) -> Ending[T]:
    return run_in_child(function, timeout_seconds=seconds, told_errors=ToolError)


def _idempotency_key(call: Call) -> str:
    return f"{call.run_id}:{call.turn}:{call.call_id}"


def _detail(ending: Failed) -> str:
    match ending:
        case Raised(_, detail):
            return detail
        case TimedOut():
            return "it did not finish in time"
        case Died(exit_code):
            return f"its process ended with code {exit_code}"
        case _:
            assert_never(ending)

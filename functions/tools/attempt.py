"""One attempt at a call: whether it may run, what came of it, and what is certain when nobody says.

A function that runs a call may die before it writes what came of it, and a tool may be ended in the middle
of its work. Whether the call took effect is unknown then, and the effect of its tool decides:

| effect | the function died | the tool hung, died or was lost | the tool raised |
|---|---|---|---|
| pure | it runs again | it failed | it failed |
| keyed | it runs again, with the same key | it failed, and may have taken effect | it failed |
| verify | done, or it runs, or as once | done, or it failed, or as once | the same |
| once | it is not run again: unknown | it failed, and may have taken effect | it failed |

`verify` goes by what the tool's verify function says: done, not done, or that it cannot tell. Where a call
may have taken effect or is unknown, a tool with `when_unknown="ask_person"` leaves it to a person, whose
approval runs it again. A `ToolError` is what it says: the tool knows that it did not work, and how.

A tool that returned has succeeded, whatever it returned. One whose arguments do not pass has not been begun:
they are read in the tool's process and within its time, for their types may have checks of the user's own.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, assert_never

from contracts import instant
from contracts.records import Call
from contracts.trace_context import call_span
from pydantic import ValidationError
from pydantic_core import from_json

from functions.tools.child import (
    Died,
    Ending,
    Failed,
    Lost,
    NotBegun,
    Raised,
    Returned,
    TimedOut,
    run_in_child,
)
from functions.tools.lambda_functions import LambdaFunctions
from functions.tools.masking import mask
from functions.tools.output import Output, names_nan, output_of, returned
from functions.tools.result import DecisionNeeded, Ended, Result, cut, failed, not_begun, succeeded, unknown
from functions.tools.tool import Tool, ToolContext, ToolError
from functions.tools.verdict import CannotTell, Done, NotDone, Verdict

HALF, ALL = 1 / 2, 1.0
"""Of the time that is left; half of it where something may have to follow."""

type Arguments = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Attempt:
    """A call that is ours, with its tool and its arguments.

    Attributes:
        written: The arguments as the model wrote them, as JSON text.
        ends_at: When everything about it has to be over.
    """

    call: Call
    tool: Tool
    written: str
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
                return not_begun(succeeded(output))
            case NotDone():
                return self.run()
            case CannotTell(reason):
                return not_begun(unknown(self.call, self.tool, reason))
            case _:
                assert_never(verdict)

    def _question(self) -> Result | None:
        if self.call.decision == "approved" or self.tool.approval == "never":
            return None
        seconds = self._seconds(HALF)
        context = self._context(seconds)
        ending = self._in_child(lambda arguments: self.tool.needs_decision(arguments, context), seconds)
        match ending:
            case Returned(is_needed):
                return DecisionNeeded(is_begun=False) if is_needed else None
            case NotBegun(because):
                return self._refused(because, seconds)
            case _:
                reason = f"The approval function gave no answer: {_detail(ending)}"
                return DecisionNeeded(cut(reason), is_begun=False)

    def _run(self) -> Result:
        seconds = self._seconds(HALF if self.call.effect == "verify" else ALL)
        ending = self._ending(seconds)
        name = self.tool.name
        match ending:
            case Returned(output):
                return succeeded(output)
            case NotBegun(because):
                return self._refused(because, seconds)
            case Raised(str() as words, detail):
                return failed("tool_error", words, detail)
            case Raised():
                return self._without_result(ending, "tool_failed", f"The tool {name} failed")
            case TimedOut():
                words = f"The tool {name} did not finish within {seconds:.0f} s"
                return self._without_result(ending, "tool_timed_out", words)
            case Died() | Lost():
                return self._without_result(ending, "tool_died", f"The tool {name} failed")
            case _:
                assert_never(ending)

    def _ending(self, seconds: float) -> Ending[Output]:
        context = self._context(seconds)
        if self.tool.lambda_function is None:
            call = self.tool.call
            return self._in_child(lambda arguments: output_of(returned(call(arguments, context))), seconds)
        started = time.monotonic()
        checked = self._in_child(lambda _: None, seconds)
        if not isinstance(checked, Returned):
            return checked if isinstance(checked, NotBegun) else NotBegun(checked)
        told = {**asdict(context), "deadline": instant.to_text(context.deadline)}
        event = {"arguments": from_json(self.written), "context": told}
        left = seconds - (time.monotonic() - started)
        return self.lambda_functions.invoke(self.tool.lambda_function, event, timeout_seconds=left)

    def _refused(self, because: Failed, seconds: float) -> Ended:
        """Say what is wrong with the arguments; nothing of the call was begun."""
        match because:
            case Raised(str() as words, detail):
                return failed("invalid_arguments", words, detail)
            case TimedOut():
                words = f"The arguments of {self.tool.name} could not be checked within {seconds:.0f} s."
            case _:
                words = f"The arguments of {self.tool.name} could not be checked."
        return failed("invalid_arguments", words, _detail(because))

    def _without_result(self, ending: Failed, code: str, words: str) -> Result:
        """Say how the call ended, for the tool did not."""
        verdict = self._verdict_on(ending)
        match verdict:
            case Done(output):
                return succeeded(output)
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
        ending = self._in_child(self._verdict_of_the_tool, seconds)
        match ending:
            case Returned(verdict):
                return verdict
            case NotBegun(because):
                return CannotTell(f"The verify function cannot be asked: {_detail(because)}")
            case _:
                return CannotTell(f"The verify function gave no answer: {_detail(ending)}")

    def _verdict_of_the_tool(self, arguments: Arguments) -> Verdict:
        """Ask it in a process that alone knows which secrets it has read: its reason is masked there."""
        if self.tool.verify_function is None:
            return CannotTell("The tool has no verify function.")
        verdict: Any = self.tool.verify_function(_idempotency_key(self.call), arguments)
        match verdict:
            case Done(output):
                return Done(output_of(output))
            case NotDone():
                return NotDone()
            case CannotTell(reason):
                return CannotTell(mask(f"The verify function cannot tell: {reason or 'no reason given'}"))
            case _:
                raise TypeError(f"the verify function answered with a {type(verdict).__name__}")

    def _in_child[T](self, function: Callable[[Arguments], T], seconds: float) -> Ending[T]:
        """Run a function of the call's arguments, which are read before it in the same process."""
        arguments = cache(self._read_arguments)
        return run_in_child(
            lambda: function(arguments()), timeout_seconds=seconds, told_errors=ToolError, prepare=arguments
        )

    def _read_arguments(self) -> Arguments:
        """Read the arguments, with the user's own checks.

        Raises:
            ToolError: They do not pass; in words for the model.
        """
        name = self.tool.name
        try:
            arguments = self.tool.read_arguments(self.written)
        except ValidationError as error:
            raise ToolError(f"The arguments of {name} break its schema: {_words(error)}") from None
        except ToolError:
            raise
        except Exception as error:
            kind = type(error).__name__
            raise ToolError(f"The arguments of {name} do not pass its own checks: {kind}.") from error
        if names_nan(self.written):
            raise ToolError(
                f"The arguments of {name} break its schema: NaN and Infinity are no numbers of JSON."
            )
        return arguments

    def _seconds(self, share: float) -> float:
        left = (self.ends_at - instant.now()).total_seconds()
        return max(0, min(self.tool.timeout, left * share))

    def _context(self, seconds: float) -> ToolContext:
        return ToolContext(
            run_id=self.call.run_id,
            call_id=self.call.call_id,
            idempotency_key=_idempotency_key(self.call),
            attempt=self.call.attempts,
            deadline=instant.now() + timedelta(seconds=seconds),
            metadata=self.call.metadata,
            traceparent=str(call_span(self.call)),
        )


def _words(error: ValidationError) -> str:
    """Say what is wrong with each argument, without its value."""
    return "; ".join(
        f"{'.'.join(map(str, problem['loc'])) or 'arguments'}: {problem['msg']}" for problem in error.errors()
    )


def _idempotency_key(call: Call) -> str:
    return f"{call.run_id}:{call.turn}:{call.call_id}"


def _detail(ending: Failed) -> str:
    match ending:
        case Raised(_, detail) | Lost(detail):
            return detail
        case TimedOut():
            return "it did not finish in time"
        case Died(exit_code):
            return f"its process ended with code {exit_code}"
        case _:
            assert_never(ending)

"""What came of a call: it is over, or a person has to decide about it."""

from dataclasses import dataclass, replace
from typing import Literal

from contracts.records import Call, Failure

from functions.tools.child import end_of
from functions.tools.masking import mask
from functions.tools.output import Output, well_formed
from functions.tools.tool import Tool

MAX_WORDS_CHARACTERS = 2000
"""An error stands in the call's record, whose size has a limit; the model needs no more of it."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The call is over.

    Attributes:
        detail: For people; never for the model.
        is_begun: Whether this claim of the call counts as an attempt at it.
    """

    outcome: Literal["succeeded", "failed", "unknown"]
    output: Output | None = None
    error: Failure | None = None
    detail: str | None = None
    is_begun: bool = True


@dataclass(frozen=True, slots=True)
class DecisionNeeded:
    """A person decides whether the call runs.

    Attributes:
        error: What the model is told if it does not: that its outcome is unknown, if it ran before.
        is_begun: As in `Ended`.
    """

    detail: str | None = None
    error: Failure | None = None
    is_begun: bool = True


type Result = Ended | DecisionNeeded


def succeeded(output: Output) -> Ended:
    """End a call with what its tool returned."""
    told = output.shortened
    return Ended("succeeded", told, detail=told.note)


def failed(code: str, words: str, detail: str | None = None) -> Ended:
    """End a call with an error, in words for the model."""
    error = Failure(code, well_formed(mask(words)[:MAX_WORDS_CHARACTERS]))
    return Ended("failed", error=error, detail=cut(detail))


def unknown(call: Call, tool: Tool | None, detail: str | None) -> Result:
    """Tell the model that nobody knows whether a call took effect, or have a person decide about it."""
    error = Failure(
        "outcome_unknown",
        f"It is unknown whether this call of {call.name} took effect: it may or may not have. "
        "Do not assume either.",
    )
    if tool is not None and tool.when_unknown == "ask_person":
        return DecisionNeeded(cut(detail), error)
    return Ended("unknown", error=error, detail=cut(detail))


def not_begun(result: Result) -> Result:
    """Say that nothing of the call was begun under this claim."""
    return replace(result, is_begun=False)


def cut(detail: str | None) -> str | None:
    """Keep the end of what went wrong, without secrets."""
    return detail and well_formed(end_of(detail))

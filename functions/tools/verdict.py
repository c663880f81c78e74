"""What a tool's `verify` function answers: whether a call took effect whose outcome nobody wrote down."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Done:
    """The call took effect; the output is what the tool would have returned."""

    output: Any


@dataclass(frozen=True, slots=True)
class NotDone:
    """The call took no effect, and an earlier attempt will not bring it about later: it may run."""


@dataclass(frozen=True, slots=True)
class CannotTell:
    """Neither is certain.

    Attributes:
        reason: For people; never for the model.
    """

    reason: str | None = None


type Verdict = Done | NotDone | CannotTell

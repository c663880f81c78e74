"""What to do next with a run: a closed set, decided but not done."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from contracts.records import Call, Failure
from contracts.status import Status

from functions.worker.core.observation import RequestedCall, TurnSeen

CANCELLED = Failure("cancelled", "The run was cancelled.")


@dataclass(frozen=True, slots=True)
class Rest:
    """Nothing: something else will wake the run."""

    why: str


@dataclass(frozen=True, slots=True)
class LookAtTurn:
    """Ask the provider how the current turn stands."""


@dataclass(frozen=True, slots=True)
class LookAtCalls:
    """Read the calls of the current turn."""


@dataclass(frozen=True, slots=True)
class LookAgain:
    """Put the look off: the run is due again after a delay, whatever its schedule says.

    Attributes:
        doubted_since: As in the run's record.
        trouble: As in the run's record.
        tells: Put the trouble on the timeline.
    """

    delay_seconds: int
    attempt: int
    why: str
    doubted_since: datetime | None = None
    trouble: Mapping[str, Any] | None = None
    tells: bool = False


@dataclass(frozen=True, slots=True)
class CheckAgain:
    """Look again by the schedule: this check found nothing to do.

    Attributes:
        no_later_than: When a call that waits for somebody has waited long enough.
    """

    no_later_than: datetime | None = None


@dataclass(frozen=True, slots=True)
class CheckOnTime:
    """Look when the current turn is to be looked at first: this check was sent for an earlier one."""


@dataclass(frozen=True, slots=True)
class Listen:
    """Remember what a session has said first, and look soon if it may mean anything."""

    heard: str
    look_in_seconds: int | None


@dataclass(frozen=True, slots=True)
class SubmitTurn:
    """Have the provider begin a turn: the first, or the next with the outputs of these calls."""

    turn: int
    calls: tuple[Call, ...]


@dataclass(frozen=True, slots=True)
class RecordCalls:
    """Write down the calls of a turn that is over."""

    seen: TurnSeen
    calls: tuple[RequestedCall, ...]


@dataclass(frozen=True, slots=True)
class HandOutCalls:
    """Have calls run, and tell the world which of them wait for somebody.

    Attributes:
        then: When a check has found them: the message may be lost again, so the checks go on.
    """

    runnable: tuple[Call, ...]
    waiting: tuple[Call, ...]
    then: CheckAgain | None = None


@dataclass(frozen=True, slots=True)
class CloseCalls:
    """End calls without running them: each has the outcome it is given here.

    Attributes:
        read: The turn's calls as they were read; one that has changed since is left alone.
    """

    calls: tuple[Call, ...]
    read: tuple[Call, ...]


@dataclass(frozen=True, slots=True)
class NoteElsewhere:
    """Write down that the provider waits for something that is not ours to give."""

    seen: TurnSeen


@dataclass(frozen=True, slots=True)
class AdoptTurn:
    """Take a turn for ours whose acceptance was never recorded."""

    seen: TurnSeen


@dataclass(frozen=True, slots=True)
class DisownTurn:
    """Cancel a turn that carries our run id and is not the run's: an orphan."""

    turn: int
    provider_id: str


@dataclass(frozen=True, slots=True)
class BeginAgain:
    """Go back to before a turn that failed for a reason that passes, and begin it again in a moment."""

    seen: TurnSeen


@dataclass(frozen=True, slots=True)
class CancelTurn:
    """Have the provider stop the current turn, and see what became of it."""


@dataclass(frozen=True, slots=True)
class StopOrphans:
    """Have the provider stop what works there for nobody, and could not be stopped before.

    Attributes:
        attempt: How often it was tried.
    """

    attempt: int


@dataclass(frozen=True, slots=True)
class AnnounceEnd:
    """Tell the world again that the run is over: whoever ended it may have died before it could.

    Attributes:
        attempt: How often it was tried, and EventBridge did not take it.
    """

    attempt: int


@dataclass(frozen=True, slots=True)
class WithdrawCalls:
    """Close what waits although the run is over: a call ran when it ended, and then asked for a person.

    Attributes:
        announces: Tell the world again that the run is over, as for `AnnounceEnd`.
    """

    announces: bool = False


@dataclass(frozen=True, slots=True)
class EndRun:
    """Bring the run to a terminal status.

    Attributes:
        stops_turn: The provider is told to stop the turn, which may still be at work, or waiting.
    """

    status: Status
    error: Failure | None
    seen: TurnSeen | None
    stops_turn: bool = False


@dataclass(frozen=True, slots=True)
class DeleteRun:
    """Take away all there is of a run that is over: a client wants it."""


type Step = (
    Rest
    | LookAtTurn
    | LookAtCalls
    | LookAgain
    | CheckAgain
    | CheckOnTime
    | Listen
    | SubmitTurn
    | RecordCalls
    | HandOutCalls
    | CloseCalls
    | NoteElsewhere
    | AdoptTurn
    | DisownTurn
    | BeginAgain
    | CancelTurn
    | StopOrphans
    | AnnounceEnd
    | WithdrawCalls
    | EndRun
    | DeleteRun
)

"""What to do next with a run: a closed set, decided but not done."""

from dataclasses import dataclass

from runrelay.records import Call, Failure
from runrelay.status import Status

from functions.worker.core.observation import RequestedCall, TurnSeen


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
    """Put the look off: the run is due again after a delay, whatever its schedule says."""

    delay_seconds: int
    attempt: int
    why: str


@dataclass(frozen=True, slots=True)
class CheckAgain:
    """Look again by the schedule: this check found nothing to do."""


@dataclass(frozen=True, slots=True)
class AwaitSubmission:
    """Leave the message on its queue until a submission's lease has run out; its webhook may come first."""

    delay_seconds: int


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
class QueueCalls:
    """Have these calls run."""

    calls: tuple[Call, ...]


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
class CancelTurn:
    """Have the provider stop the current turn, and see what became of it."""


@dataclass(frozen=True, slots=True)
class EndRun:
    """Bring the run to a terminal status."""

    status: Status
    error: Failure | None
    seen: TurnSeen | None


type Step = (
    Rest
    | LookAtTurn
    | LookAtCalls
    | LookAgain
    | CheckAgain
    | AwaitSubmission
    | SubmitTurn
    | RecordCalls
    | QueueCalls
    | AdoptTurn
    | DisownTurn
    | CancelTurn
    | EndRun
)

"""What a worker can see of a run besides its record."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from runrelay.records import Call, Failure


@dataclass(frozen=True, slots=True)
class Woken:
    """A reason to look.

    Attributes:
        about: The provider's id the webhook named, if a webhook woke us.
        says: The last word of the webhook's type. It may change how soon and where we look, nothing else.
        is_redelivery: The message was received before, so whoever held it may have died.
        attempt: How often this look was put off so far.
    """

    by: Literal["webhook", "created", "call_ended", "decision_needed", "decided", "check", "cancel"]
    about: str | None = None
    says: str | None = None
    is_redelivery: bool = False
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class RequestedCall:
    """A function call in a turn's output, as the model wrote it."""

    call_id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class TurnSeen:
    """The provider's present word on a turn.

    Attributes:
        status: Any word; one that we do not know means: not over yet.
        run_turn: The turn's number in its metadata, if it carries one.
        unanswerable: The types of output items that we cannot answer.
        body: The provider's object, whole.
    """

    provider_id: str
    status: str
    calls: tuple[RequestedCall, ...]
    unanswerable: tuple[str, ...]
    output_text: str
    usage: Mapping[str, Any] | None
    error: Failure | None
    run_turn: int | None
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TurnNotKnown:
    """The provider does not know the turn (404)."""


@dataclass(frozen=True, slots=True)
class ProviderBusy:
    """The provider did nothing, for now.

    Attributes:
        retry_after_seconds: What it asked for itself.
    """

    why: str
    retry_after_seconds: int | None


@dataclass(frozen=True, slots=True)
class ProviderRefused:
    """The provider will not do it, in its own words."""

    error: Failure


@dataclass(frozen=True, slots=True)
class AnswerLost:
    """The turn may have been begun, or not: its create's answer never came."""


@dataclass(frozen=True, slots=True)
class CallsSeen:
    """The records of all calls of the current turn."""

    calls: tuple[Call, ...]


type Observation = TurnSeen | TurnNotKnown | ProviderBusy | ProviderRefused | AnswerLost | CallsSeen

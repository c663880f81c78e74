"""What a worker can see of a run besides its record."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from contracts.messages import Reason
from contracts.records import Call, CallType, Failure


@dataclass(frozen=True, slots=True)
class Woken:
    """A reason to look.

    Attributes:
        about: The provider's id the webhook named, if a webhook woke us.
        says: The last word of the webhook's type. It may change how soon and where we look, nothing else.
        is_redelivery: The message was received before, so whoever held it may have died.
        attempt: How often this look was put off so far.
    """

    by: Literal["webhook"] | Reason
    about: str | None = None
    says: str | None = None
    is_redelivery: bool = False
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class RequestedCall:
    """A function call in a turn's output, as the model wrote it; or an approval that a provider's tool needs.

    Attributes:
        call_id: For an approval, the id of its request.
        name: For an approval, of what is to be approved.
        arguments: JSON text; for an approval, what is to be approved.
        provider_turn_id: As in the call's record.
        caller: As in the call's record.
    """

    call_id: str
    name: str
    arguments: str
    type: CallType = "function_call"
    provider_turn_id: str | None = None
    caller: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class TurnSeen:
    """The provider's present word on a turn.

    Attributes:
        status: Any word; one that we do not know means: not over yet.
        calls: What it asks for that is not on record yet.
        recorded: The records of the rest of what it asks for, where a turn may show what an earlier one did.
        unanswerable: The types of output items that we cannot answer, and that keep the turn from going on.
        refusal: What the model said instead of an answer that it would not give; empty if it did not refuse.
        elsewhere: The types of required actions that are not ours to answer.
        run_id: The run's id in its metadata, if it carries one.
        run_turn: The turn's number in its metadata, if it carries one.
        may_be_anothers: Those two may be another app's own words. It may be the run's, and is never stopped.
        may_have_acted: The provider itself may have done something outside, by tools of its own.
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
    run_id: str | None = None
    recorded: tuple[Call, ...] = ()
    elsewhere: tuple[str, ...] = ()
    refusal: str = ""
    may_be_anothers: bool = False
    may_have_acted: bool = False

    @property
    def completed_at(self) -> datetime | None:
        """When the turn was over, as far as the provider says so: in whole seconds, and not of every turn."""
        at = self.body.get("completed_at")
        if not isinstance(at, int | float):
            return None
        try:
            return datetime.fromtimestamp(at, UTC)
        except (OverflowError, ValueError, OSError):
            return None


@dataclass(frozen=True, slots=True)
class TurnNotKnown:
    """The provider does not know the turn (404), or not yet."""


@dataclass(frozen=True, slots=True)
class Doubtful:
    """The provider, or something before it, refused in a way that has been seen to pass."""

    error: Failure


@dataclass(frozen=True, slots=True)
class ProviderBusy:
    """The provider did nothing, for now.

    Attributes:
        retry_after_seconds: What it asked for itself.
        is_ours: It was not asked, for want of something that is ours to give.
    """

    why: str
    retry_after_seconds: int | None
    is_ours: bool = False


@dataclass(frozen=True, slots=True)
class GateClosed:
    """The provider was not asked, because it said to others a moment ago that it is busy.

    Attributes:
        why: What it said, if this worker has heard.
    """

    seconds: int
    why: str = ""


@dataclass(frozen=True, slots=True)
class TooEarly:
    """The provider does not expect the answers that it asked for; it may a moment later."""

    error: Failure


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


type Unanswered = (
    TurnNotKnown | Doubtful | ProviderBusy | GateClosed | TooEarly | ProviderRefused | AnswerLost
)
type Observation = TurnSeen | CallsSeen | Unanswered

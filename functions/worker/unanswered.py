"""A provider's error, seen as an observation of a run."""

from contracts.errors import (
    AnswerLostError,
    DoubtfulError,
    NotKnownError,
    ProviderBusyError,
    ProviderError,
    ProviderRefusedError,
    TooEarlyError,
)
from contracts.records import Failure

from functions.worker.core.observation import (
    AnswerLost,
    Doubtful,
    ProviderBusy,
    ProviderRefused,
    TooEarly,
    TurnNotKnown,
    Unanswered,
)


def unanswered(error: ProviderError) -> Unanswered:
    """Say what the provider did instead of what it was asked."""
    match error:
        case NotKnownError():
            return TurnNotKnown()
        case DoubtfulError():
            return Doubtful(Failure(error.code, error.message))
        case ProviderBusyError():
            return ProviderBusy(str(error), error.retry_after_seconds, error.is_ours)
        case TooEarlyError():
            return TooEarly(Failure(error.code, error.message))
        case ProviderRefusedError():
            return ProviderRefused(Failure(error.code, error.message))
        case AnswerLostError():
            return AnswerLost()
        case _:
            raise error

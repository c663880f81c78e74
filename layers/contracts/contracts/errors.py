"""What can go wrong, as classes of what the caller does next.

RunrelayError
├── QueueUnavailableError    the sender is told to come again; nothing is acknowledged
├── StaleReadError           somebody wrote first: read again
├── EventNotSentError        the record comes back, for somebody has to be told of it
├── PayloadLostError         the record comes back a few times; then what needs the payload fails
├── UnreadableItemError      the same, and its run; a run that is itself unreadable is left alone
├── RetryLaterError          the record goes back on the queue, invisible for a while
└── ProviderError
    ├── ProviderBusyError    a delayed message looks again; no receive count is burnt
    ├── TooEarlyError        a moment later, a few times
    ├── DoubtfulError        for some minutes: such a refusal has been seen to pass
    ├── AnswerLostError      the request may have been applied: wait for its webhook first
    ├── NotKnownError        for some minutes: the provider does not know the resource (404), or not yet
    └── ProviderRefusedError the run ends, with the provider's words
"""

from collections.abc import Sequence


class RunrelayError(Exception):
    """The root of everything Runrelay raises itself."""


class QueueUnavailableError(RunrelayError):
    """A queue did not say that it accepted a message."""


class StaleReadError(RunrelayError):
    """A conditional write lost against another writer."""


class EventNotSentError(RunrelayError):
    """EventBridge did not take an event that has no other record."""


class PayloadLostError(RunrelayError):
    """A text that a record points to is not in the payload bucket."""


class UnreadableItemError(RunrelayError):
    """An item of the table is not what stands there by its key.

    Its words name the item and its attributes, and never what they hold: they may be logged and shown.
    """

    def __init__(self, partition: str, item: str, attributes: Sequence[str]) -> None:
        super().__init__(f"the item {item} of {partition} cannot be read: {', '.join(attributes)}")
        self.partition = partition
        self.item = item
        self.attributes = attributes


class RetryLaterError(RunrelayError):
    """The record is not done; it becomes visible again after `delay_seconds`."""

    def __init__(self, reason: str, *, delay_seconds: int) -> None:
        super().__init__(reason)
        self.delay_seconds = delay_seconds


class ProviderError(RunrelayError):
    """The provider did not do what it was asked."""


class ProviderBusyError(ProviderError):
    """Rate limited, overloaded or out of reach, and nothing was applied that cannot be repeated.

    Attributes:
        is_for_all: Others who ask will hear the same.
        is_lost: Its answer did not come; if that happens to several, it is for all.
        is_ours: It was not asked, for want of something that is ours to give.
    """

    def __init__(
        self,
        reason: str,
        *,
        retry_after_seconds: int | None = None,
        is_for_all: bool = False,
        is_lost: bool = False,
        is_ours: bool = False,
    ) -> None:
        super().__init__(reason)
        self.retry_after_seconds = retry_after_seconds
        self.is_for_all = is_for_all
        self.is_lost = is_lost
        self.is_ours = is_ours

    @classmethod
    def after(cls, lost: "AnswerLostError") -> "ProviderBusyError":
        """Make it of a lost answer, where what was asked for may be repeated."""
        return cls(
            str(lost),
            retry_after_seconds=lost.retry_after_seconds,
            is_for_all=lost.is_for_all,
            is_lost=True,
        )


class TooEarlyError(ProviderError):
    """The provider does not expect what it was sent, though it asked for it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class DoubtfulError(ProviderError):
    """It was refused, in a way that may pass: by a proxy, or because of what is known only a little later."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class AnswerLostError(ProviderError):
    """The request was sent and its answer never came; or a gateway's did, which does not say what was done.

    Attributes:
        retry_after_seconds: What the gateway asked for.
        is_for_all: Others who ask will hear the same.
    """

    def __init__(
        self, reason: str, *, retry_after_seconds: int | None = None, is_for_all: bool = False
    ) -> None:
        super().__init__(reason)
        self.retry_after_seconds = retry_after_seconds
        self.is_for_all = is_for_all


class NotKnownError(ProviderError):
    """The provider knows no such resource."""


class ProviderRefusedError(ProviderError):
    """The provider will not do it, however often it is asked.

    Attributes:
        is_of_account: It refuses the key or the account, whatever is asked.
    """

    def __init__(self, code: str, message: str, *, is_of_account: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.is_of_account = is_of_account

"""One dead-letter queue: its letters are received and held; those that stay are let go of at the end."""

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import batched
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from botocore.exceptions import BotoCoreError, ClientError
from contracts.messages import EARLIER

from runrelay.dlq.letter import Letter, QueueName, to_letter

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

HOLD_SECONDS: Final = 900
"""How long a letter stays invisible if this process is killed before it lets go."""

PATIENCE_SECONDS: Final = 600
"""How long letters are received; less than they are held, so that none comes round a second time."""

QUIET_ANSWERS: Final = 2
"""A queue that has had nothing new this many times in a row has been seen whole."""

LONG_POLL_SECONDS: Final = 1
"""Any waiting at all has SQS ask every one of its servers."""

MOST_IN_A_BATCH: Final = 10


class NotSentError(Exception):
    """The letter is where it was."""


class NotDeletedError(Exception):
    """The letter is still a dead letter; if it was sent, it is in both queues."""


@dataclass(frozen=True, slots=True)
class DeadLetterQueue:
    """A dead-letter queue, and the queue its letters came from."""

    name: QueueName
    url: str
    source_url: str

    def counts(self, sqs: "SQSClient") -> tuple[int, int]:
        """Count its letters, about: those that can be received, and those that somebody holds."""
        visible: Final = "ApproximateNumberOfMessages"
        held: Final = "ApproximateNumberOfMessagesNotVisible"
        answer = sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=[visible, held])
        return int(answer["Attributes"][visible]), int(answer["Attributes"][held])


class Holding:
    """The letters of one queue, for the length of a `with`.

    Attributes:
        is_whole: Whether the queue was received to its end.
        stuck: How many letters could not be let go of; each becomes visible when its time is over.
    """

    def __init__(
        self,
        sqs: "SQSClient",
        queue: DeadLetterQueue,
        *,
        patience_seconds: float = PATIENCE_SECONDS,
        long_poll_seconds: int = LONG_POLL_SECONDS,
    ) -> None:
        self._sqs = sqs
        self._queue = queue
        self._patience_seconds = patience_seconds
        self._long_poll_seconds = long_poll_seconds
        self._seen: set[str] = set()
        self._held: dict[str, str] = {}
        self.is_whole = True
        self.stuck = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for batch in batched(self._held.values(), MOST_IN_A_BATCH, strict=False):
            self.stuck += self._let_go(batch)

    def letters(self) -> Iterator[Letter]:
        """Receive every letter once, until the queue has nothing new or patience ends."""
        give_up_at = time.monotonic() + self._patience_seconds
        quiet = 0
        while quiet < QUIET_ANSWERS:
            if time.monotonic() >= give_up_at:
                self.is_whole = False
                return
            fresh = self._receive()
            quiet = 0 if fresh else quiet + 1
            yield from fresh

    def redrive(self, letter: Letter) -> None:
        """Send a letter to the queue it came from; only when that queue has it, delete it here.

        What is sent gets a new message id, and is tried as often as any. Should it fail again and come back
        meanwhile, it is left alone.

        Raises:
            NotSentError: The source queue did not say that it has it.
            NotDeletedError: It is in both queues.
        """
        attributes = {name: each for name, each in letter.attributes.items() if name != EARLIER}
        try:
            answer = self._sqs.send_message(
                QueueUrl=self._queue.source_url, MessageBody=letter.body, MessageAttributes=attributes
            )
        except Exception as error:  # an answer botocore cannot read raises AttributeError, UnicodeError, ...
            raise NotSentError(str(error)) from error
        if not answer.get("MessageId"):
            raise NotSentError("SQS answered without a MessageId")
        self._seen.add(answer["MessageId"])
        self.drop(letter)

    def drop(self, letter: Letter) -> None:
        """Delete a letter here, for good.

        Raises:
            NotDeletedError: It may still be here.
        """
        try:
            self._sqs.delete_message(QueueUrl=self._queue.url, ReceiptHandle=letter.receipt_handle)
        except Exception as error:
            raise NotDeletedError(str(error)) from error
        del self._held[letter.message_id]

    def _receive(self) -> list[Letter]:
        answer = self._sqs.receive_message(
            QueueUrl=self._queue.url,
            MaxNumberOfMessages=MOST_IN_A_BATCH,
            VisibilityTimeout=HOLD_SECONDS,
            WaitTimeSeconds=self._long_poll_seconds,
            MessageSystemAttributeNames=["SentTimestamp"],
            MessageAttributeNames=["All"],
        )
        records: list[Mapping[str, Any]] = [*answer.get("Messages", [])]
        fresh = [record for record in records if record["MessageId"] not in self._seen]
        self._held |= {record["MessageId"]: record["ReceiptHandle"] for record in records}
        self._seen |= self._held.keys()
        return [to_letter(self._queue.name, record) for record in fresh]

    def _let_go(self, receipt_handles: Iterable[str]) -> int:
        """Make letters visible again and count those that stay invisible for now."""
        entries: Any = [
            {"Id": str(number), "ReceiptHandle": handle, "VisibilityTimeout": 0}
            for number, handle in enumerate(receipt_handles)
        ]
        try:
            answer = self._sqs.change_message_visibility_batch(QueueUrl=self._queue.url, Entries=entries)
        except (BotoCoreError, ClientError):
            return len(entries)
        return len(answer.get("Failed", []))

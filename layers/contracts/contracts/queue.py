"""One SQS queue, seen from the sender."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from contracts.errors import QueueUnavailableError
from contracts.messages import Message, to_body

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

MAX_DELAY_SECONDS = 900
"""The longest delay of an SQS message."""


MOST_IN_BATCH = 10
"""So many messages SQS takes in one request."""


class PartlySentError(QueueUnavailableError):
    """SQS took some messages of a request, and not others."""


class Queue:
    """Sends messages to one queue."""

    def __init__(self, sqs: "SQSClient", url: str) -> None:
        self._sqs = sqs
        self._url = url

    def send(self, message: Message, *, delay_seconds: int = 0) -> None:
        """Put a message on the queue, and return only once it is there.

        Raises:
            QueueUnavailableError: SQS did not answer with a `MessageId`. A proxy's `200 <html>` parses as a
                success without one, so the status alone proves nothing.
        """
        body = to_body(message)
        try:
            answer = self._sqs.send_message(
                QueueUrl=self._url, MessageBody=body, DelaySeconds=min(delay_seconds, MAX_DELAY_SECONDS)
            )
        except Exception as error:  # an answer botocore cannot read raises AttributeError, UnicodeError, ...
            raise QueueUnavailableError(str(error)) from error
        if not answer.get("MessageId"):
            raise QueueUnavailableError("SQS answered without a MessageId")

    def send_all(self, messages: Sequence[Message]) -> None:
        """Put up to `MOST_IN_BATCH` messages on the queue by one request, and return only once all are there.

        Raises:
            PartlySentError: SQS took some of them.
            QueueUnavailableError: It did not answer with a `MessageId` for each; some may be there.
        """
        entries = [{"Id": str(at), "MessageBody": to_body(each)} for at, each in enumerate(messages)]
        try:
            answer = self._sqs.send_message_batch(QueueUrl=self._url, Entries=entries)  # type: ignore[arg-type]
            kept = {each["Id"] for each in answer.get("Successful", ()) if each.get("MessageId")}
        except Exception as error:  # as above
            raise QueueUnavailableError(str(error)) from error
        if len(kept) < len(entries):
            refused = PartlySentError if kept else QueueUnavailableError
            raise refused(f"SQS took {len(kept)} of {len(entries)} messages")

    def waiting(self) -> int:
        """Say about how many messages are visible and not received yet.

        Raises:
            QueueUnavailableError: SQS did not say.
        """
        try:
            answer = self._sqs.get_queue_attributes(
                QueueUrl=self._url, AttributeNames=["ApproximateNumberOfMessages"]
            )
            return int(answer["Attributes"]["ApproximateNumberOfMessages"])
        except Exception as error:  # as above
            raise QueueUnavailableError(str(error)) from error

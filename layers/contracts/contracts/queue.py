"""One SQS queue, seen from the sender."""

from typing import TYPE_CHECKING

from contracts.errors import QueueUnavailableError
from contracts.messages import Message, to_body

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

MAX_DELAY_SECONDS = 900
"""The longest delay of an SQS message."""


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

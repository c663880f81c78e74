"""A queue with an event source mapping: as Lambda's poller sees it, and, as only a test can, from inside."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from moto.sqs.exceptions import ReceiptHandleIsInvalid
from moto.sqs.models import Message, sqs_backends

from tests.harness.clock import Clock
from tests.harness.template import ACCOUNT, REGION, physical_name


class SourceQueue:
    """One queue that a function reads from."""

    def __init__(self, logical_id: str, *, batch_size: int, clock: Clock) -> None:
        self.logical_id = logical_id
        self.batch_size = batch_size
        self._clock = clock

    @property
    def messages(self) -> list[Message]:
        """Every message there is: visible, delayed and in flight, in the order of sending."""
        return list(self._queue._messages)

    @property
    def visible(self) -> list[Message]:
        """The messages that a poll could bring now; one received too often goes to the dead-letter queue."""
        most = self._queue.redrive_policy["maxReceiveCount"]
        for message in self._queue.messages:
            if message.approximate_receive_count >= most:
                self._queue._messages.remove(message)
                self._queue.dead_letter_queue.add_message(message)
        return list(self._queue.messages)

    @property
    def dead_letters(self) -> list[Message]:
        """What was received too often."""
        return list(self._queue.dead_letter_queue._messages)

    def seconds_until_next(self) -> float | None:
        """Count the seconds until a message is visible; `None` if there are none."""
        moments = [max(message.visible_at, message.delayed_until) / 1000 for message in self.messages]
        return max(0.0, min(moments) - self._clock.time() + 0.002) if moments else None

    def receive(self, messages: Sequence[Message]) -> dict[str, Any]:
        """Take messages and make the event that Lambda makes of them.

        A message that was deleted may be taken again: SQS delivers at least once.
        """
        for message in messages:
            message.mark_received(visibility_timeout=self._queue.visibility_timeout)
        return {"Records": [self._record(message) for message in messages]}

    def settle(self, messages: Sequence[Message], answer: Any) -> list[Message]:
        """Delete what a partial batch response does not name, and give the rest.

        An answer that names a message that was not in the batch fails the whole of it, as in Lambda.
        """
        failures = [failure.get("itemIdentifier") for failure in (answer or {}).get("batchItemFailures", ())]
        if not set(failures) <= {message.id for message in messages}:
            return list(messages)
        for message in messages:
            if message.id not in failures:
                self.delete(message)
        return [message for message in messages if message.id in failures]

    def delete(self, message: Message) -> None:
        """Take a message off the queue for good."""
        with suppress(ReceiptHandleIsInvalid):  # a duplicate of one that was deleted
            self._queue.delete_message(message.receipt_handle or "")

    def purge(self) -> None:
        """Lose every message."""
        self._queue._messages.clear()

    def make_visible(self, message: Message) -> None:
        """End a message's delay or visibility timeout now."""
        message.visible_at = message.delayed_until = 0

    def send(self, body: Mapping[str, Any]) -> None:
        """Put a message on the queue under a new id, as a redrive or a lost reply does with an old body."""
        sqs_backends[ACCOUNT][REGION].send_message(self._queue.name, json.dumps(body))

    @property
    def _queue(self) -> Any:
        return sqs_backends[ACCOUNT][REGION].queues[physical_name(self.logical_id)]

    def _record(self, message: Message) -> dict[str, Any]:
        return {
            "messageId": message.id,
            "receiptHandle": message.receipt_handle,
            "body": message.body,
            "attributes": {
                "ApproximateReceiveCount": str(message.approximate_receive_count),
                "SentTimestamp": str(message.sent_timestamp),
                "SenderId": message.sender_id,
                "ApproximateFirstReceiveTimestamp": str(message.approximate_first_receive_timestamp),
            },
            "messageAttributes": {
                name: {"stringValue": each["StringValue"], "dataType": each["DataType"]}
                for name, each in message.message_attributes.items()
            },
            "md5OfBody": hashlib.md5(message.body.encode()).hexdigest(),
            "eventSource": "aws:sqs",
            "eventSourceARN": self._queue.queue_arn,
            "awsRegion": REGION,
        }


def content(message: Message) -> dict[str, Any]:
    """Read a message's JSON."""
    body: dict[str, Any] = json.loads(message.body)
    return body

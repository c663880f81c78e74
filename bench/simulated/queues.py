"""Queues that are quick with a hundred thousand messages: what SQS does for us, and no more.

moto looks at every message for each receive. Requests are the same, and are counted the same.
"""

import heapq
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from heapq import nsmallest
from itertools import count, islice
from typing import Any

from tests.harness.quick_aws import QuickAws

VISIBILITY_SECONDS = 360


@dataclass
class Waiting:
    """One message.

    Attributes:
        visible_at: By the stack's clock; none once it is deleted.
    """

    number: int
    body: str
    visible_at: float
    receives: int = 0
    attributes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass
class LeanQueue:
    """One queue, in the order in which its messages become visible."""

    time: Callable[[], float]
    messages: dict[str, Waiting] = field(default_factory=dict)
    _heap: list[tuple[float, int]] = field(default_factory=list)
    _numbers: "count[int]" = field(default_factory=count)

    def send(
        self, body: str, delay_seconds: float = 0, attributes: Mapping[str, Mapping[str, str]] | None = None
    ) -> str:
        """Put a message on the queue and give its id."""
        number = next(self._numbers)
        visible_at = self.time() + delay_seconds
        self.messages[str(number)] = Waiting(number, body, visible_at, attributes=attributes or {})
        self._push(self.messages[str(number)])
        return str(number)

    def show_at(self, message_id: str, visible_at: float) -> None:
        """Have a message be visible from then on, unless it is gone."""
        if message := self.messages.get(message_id):
            message.visible_at = visible_at
            self._push(message)

    def next_visible_at(self, messages: int = 1) -> float | None:
        """Say when the next message is visible, or so many are; none if there are not so many."""
        if messages > 1:
            moments = nsmallest(messages, (each.visible_at for each in self.messages.values()))
            return moments[-1] if len(moments) == messages else None
        while self._heap and self._is_stale(*self._heap[0]):
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def take_batch(self, most: int, *, at_least: int = 1) -> list[Waiting]:
        """Receive what is visible now, what was so first, first; and nothing if that is too little."""
        is_enough = at_least == 1 or self.waiting() >= at_least
        return list(islice(iter(self.take, None), most)) if is_enough else []

    def take(self) -> Waiting | None:
        """Receive the message that was visible first, if one is visible now."""
        visible_at = self.next_visible_at()
        if visible_at is None or visible_at > self.time():
            return None
        _, number = heapq.heappop(self._heap)
        message = self.messages[str(number)]
        message.receives += 1
        self.show_at(str(number), self.time() + VISIBILITY_SECONDS)
        return message

    def delete(self, message_id: str) -> None:
        """Take a message off the queue for good; that it is gone already is no matter."""
        self.messages.pop(message_id, None)

    def waiting(self) -> int:
        """Count the messages that are visible now and have not been received."""
        now = self.time()
        return sum(each.visible_at <= now for each in self.messages.values())

    def _push(self, message: Waiting) -> None:
        heapq.heappush(self._heap, (message.visible_at, message.number))

    def _is_stale(self, visible_at: float, number: int) -> bool:
        message = self.messages.get(str(number))
        return message is None or message.visible_at != visible_at


class LeanAws(QuickAws):
    """AWS in memory, with lean queues."""

    queues: Mapping[str, LeanQueue]

    def _from_queue(self, operation: str, body: dict[str, Any]) -> dict[str, Any] | None:
        queue = self.queues[body["QueueUrl"].rpartition("/")[2]]
        match operation:
            case "SendMessage":
                sent_as = queue.send(
                    body["MessageBody"], body.get("DelaySeconds") or 0, body.get("MessageAttributes")
                )
                return {"MessageId": sent_as}
            case "DeleteMessageBatch":
                for each in body["Entries"]:
                    queue.delete(each["ReceiptHandle"])
                return {"Successful": [{"Id": each["Id"]} for each in body["Entries"]], "Failed": []}
            case "SendMessageBatch":
                sent = [
                    {"Id": each["Id"], "MessageId": queue.send(each["MessageBody"])}
                    for each in body["Entries"]
                ]
                return {"Successful": sent, "Failed": []}
            case "ChangeMessageVisibility":
                queue.show_at(body["ReceiptHandle"], queue.time() + body["VisibilityTimeout"])
                return {}
            case "GetQueueAttributes":
                return {"Attributes": {"ApproximateNumberOfMessages": str(queue.waiting())}}
            case _:
                return None

"""What is in the dead-letter queues, and what the queues still hold."""

import time
from collections.abc import Iterator
from typing import Any, Final

from contracts.messages import CallMessage, RunMessage, WebhookMessage

from runrelay.dlq.letter import QueueName, describe, read, resource_id
from runrelay.stack import Stack
from tests.soak.conservation import Letter
from tests.soak.drive import Driven

COUNTS: Final = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


def wait_until_quiet(stack: Stack, *, patience_seconds: float) -> int:
    """Wait until the queues are empty; gives how many messages are left when patience ends."""
    sqs, give_up_at = stack.client("sqs"), time.monotonic() + patience_seconds
    while (left := _messages(sqs, stack)) and time.monotonic() < give_up_at:
        time.sleep(1)
    return left


def dead_letters(stack: Stack, runs: list[Driven]) -> list[Letter]:
    """Take every letter out of both dead-letter queues."""
    run_of = {
        event["provider_id"].rpartition("/")[2]: driven.run_id
        for driven in runs
        for event in driven.events
        if event.get("provider_id")
    }
    return [
        *_letters(stack, "run", stack.run_dead_letter_queue_url, run_of),
        *_letters(stack, "tool", stack.tool_dead_letter_queue_url, run_of),
    ]


def _letters(stack: Stack, queue: QueueName, url: str, run_of: dict[str, str]) -> Iterator[Letter]:
    sqs = stack.client("sqs")
    while found := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for each in found:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])
            yield _letter(queue, each["Body"], run_of)


def _letter(queue: QueueName, body: str, run_of: dict[str, str]) -> Letter:
    message = read(queue, body)
    match message:
        case RunMessage() | CallMessage():
            run_id: str | None = message.run_id
        case WebhookMessage():
            run_id = run_of.get(resource_id(message) or "")
        case _:
            run_id = None
    return Letter(queue, describe(message), run_id)


def _messages(sqs: Any, stack: Stack) -> int:
    urls = (stack.run_queue_url, stack.tool_queue_url)
    answers = [sqs.get_queue_attributes(QueueUrl=url, AttributeNames=COUNTS)["Attributes"] for url in urls]
    return sum(int(answer[name]) for answer in answers for name in COUNTS)

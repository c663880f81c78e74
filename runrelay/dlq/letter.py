"""A dead letter: a message that its queue gave up on, and what it is about. Its body is shown on demand."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, assert_never

from contracts.messages import (
    CallMessage,
    Message,
    RunMessage,
    UnknownMessageError,
    WebhookMessage,
    from_body,
)

type QueueName = Literal["run", "tool"]

MAX_SHOWN_CHARACTERS = 120


@dataclass(frozen=True, slots=True)
class Unreadable:
    """No message for the function that reads this queue, in the version of this checkout."""

    why: str


@dataclass(frozen=True, slots=True)
class Letter:
    """One dead letter, as it was received.

    Attributes:
        sent_at: When it was first put on its own queue.
        body: What a redrive sends, untouched.
        attributes: The SQS message attributes, which go with it.
    """

    queue: QueueName
    message_id: str
    receipt_handle: str = field(repr=False)
    sent_at: datetime
    body: str = field(repr=False)
    message: Message | Unreadable = field(repr=False)
    attributes: Mapping[str, Any] = field(default_factory=dict, repr=False)


def to_letter(queue: QueueName, record: Mapping[str, Any]) -> Letter:
    """Read what SQS handed out."""
    return Letter(
        queue=queue,
        message_id=record["MessageId"],
        receipt_handle=record["ReceiptHandle"],
        sent_at=datetime.fromtimestamp(int(record["Attributes"]["SentTimestamp"]) / 1000, UTC),
        body=record["Body"],
        message=read(queue, record["Body"]),
        attributes=record.get("MessageAttributes", {}),
    )


def read(queue: QueueName, body: str) -> Message | Unreadable:
    """Read a body as the function behind its queue would, and never quote it."""
    try:
        message = from_body(body)
    except UnknownMessageError as error:
        is_newer = isinstance(error.__cause__, UnknownMessageError)
        return Unreadable("a message of a newer version" if is_newer else "not a message of Runrelay")
    if not _is_sound(message):
        return Unreadable("a message with fields of the wrong kind")
    if isinstance(message, CallMessage) is not (queue == "tool"):
        return Unreadable(f"{describe(message)}, on the wrong queue")
    return message


def describe(message: Message | Unreadable) -> str:
    """Say what a message is about: types and ids, none of its content."""
    match message:
        case WebhookMessage():
            words = f"webhook {message.event['type']} {resource_id(message) or ''}"
        case RunMessage():
            words = f"run {message.run_id} {message.reason}"
        case CallMessage():
            words = f"call {message.call_id} of run {message.run_id}, turn {message.turn}"
        case Unreadable():
            words = message.why
        case _:
            assert_never(message)
    return one_line(words.strip())


def resource_id(message: WebhookMessage) -> str | None:
    """Give OpenAI's id of what a webhook is about."""
    data = message.event.get("data")
    found = data.get("id") if isinstance(data, dict) else None
    return found if isinstance(found, str) and found else None


def one_line(text: str) -> str:
    """Make a text from outside fit for a terminal: short, and no control characters."""
    shown = text if len(text) <= MAX_SHOWN_CHARACTERS else f"{text[:MAX_SHOWN_CHARACTERS]}..."
    return "".join(each if each.isprintable() else "?" for each in shown)


def _is_sound(message: Message) -> bool:
    """Check the fields by which a message is looked up; reading JSON has checked their names alone."""
    match message:
        case WebhookMessage():
            event: Any = message.event
            return (
                _is_id(message.webhook_id) and isinstance(event, dict) and isinstance(event.get("type"), str)
            )
        case RunMessage():
            return _is_id(message.run_id) and _is_id(message.reason) and type(message.attempt) is int
        case CallMessage():
            return _is_id(message.run_id) and _is_id(message.call_id) and type(message.turn) is int
        case _:
            assert_never(message)


def _is_id(value: object) -> bool:
    return isinstance(value, str) and value != ""

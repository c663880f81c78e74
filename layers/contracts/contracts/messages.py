"""The messages on the queues: our own JSON, with a version, and ids instead of content.

A newer version is refused by name, so that a message from the future is never misread: it stays on its queue
until code that knows it is deployed. A new fact is no new version, for older code leaves it alone.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

VERSION = 1

EARLIER = "earlier_receives"
"""The attribute of a message that was sent anew in the place of one: how often that one had come back."""

type Reason = Literal[
    "created", "call_ended", "decision_needed", "decided", "check", "cancel", "stop", "announce", "delete"
]


@dataclass(frozen=True, slots=True)
class WebhookMessage:
    """A verified webhook, as it came.

    Attributes:
        event: OpenAI's envelope: `id`, `type`, `created_at`, `data`.
        attempt: How often it was put off so far, because the provider could not be asked whose it is.
    """

    webhook_id: str
    event: Mapping[str, Any]
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class RunMessage:
    """Look at a run.

    Attributes:
        reason: `decision_needed` and `decided` are about calls: one waits for a person, or does no longer.
            `stop` and `announce` are about what could not be done: turns that nobody awaits work on at the
            provider, or the world has not been told of something.
        attempt: How often this look was put off so far.
    """

    run_id: str
    reason: Reason
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class CallMessage:
    """Run a call."""

    run_id: str
    turn: int
    call_id: str


type Message = WebhookMessage | RunMessage | CallMessage

_TYPES: dict[str, type[WebhookMessage | RunMessage | CallMessage]] = {
    "webhook": WebhookMessage,
    "run": RunMessage,
    "call": CallMessage,
}
_NAMES = {message_type: name for name, message_type in _TYPES.items()}
_FACTS = {message_type: [field.name for field in fields(message_type)] for message_type in _NAMES}

IDS = ("run_id", "call_id", "webhook_id")
_ID = re.compile(r"[A-Za-z0-9_.:-]{1,256}", re.ASCII)


class UnknownMessageError(ValueError):
    """A message that this version does not read."""


def to_body(message: Message) -> str:
    """Write a message as ASCII, so that SQS accepts every character of it.

    SQS refuses some Unicode characters (control characters, lone surrogates); escaped, all of them pass.
    """
    facts = {field.name: getattr(message, field.name) for field in fields(message)}
    if isinstance(message, WebhookMessage) and not message.attempt:
        del facts["attempt"]  # as it was before there were any, so that older code reads it
    return json.dumps({"version": VERSION, "message": _NAMES[type(message)], **facts}, separators=(",", ":"))


def from_body(body: str) -> Message:
    """Read a message.

    Raises:
        UnknownMessageError: It is no message of ours, or of a newer version.
    """
    try:
        facts = json.loads(body)
        if facts.pop("version") > VERSION:
            raise UnknownMessageError(f"a message of a newer version than {VERSION}")
        message_type = _TYPES[facts.pop("message")]
        return message_type(**{name: facts[name] for name in _FACTS[message_type] if name in facts})
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UnknownMessageError(f"not a message: {error!r}") from error


def ids_in(body: str) -> dict[str, str]:
    """Find what a message is about, for the logs, also in one that cannot be read as a whole."""
    try:
        facts = json.loads(body)
        ids = {name: facts[name] for name in IDS if name in facts}
    except (ValueError, TypeError, RecursionError):
        return {}
    return {name: text for name, text in ids.items() if isinstance(text, str) and _ID.fullmatch(text)}

"""AWS answered in memory: tables by `MemoryTable`, queues by moto's own objects; events are accepted.

There are two places where it can answer; anything else, such as a secret, goes on to moto from either.

- `serving(aws)`: at the end of the wire, where moto would. Requests have been signed, and can be lost.
- `answered_by(aws)`: before botocore makes an HTTP request at all. The handlers' clients are still the real
  ones, and what they send has been validated and serialized; signing and HTTP are left out.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from botocore.handlers import BUILTIN_HANDLERS
from moto.sqs.exceptions import ReceiptHandleIsInvalid
from moto.sqs.models import Message, SQSBackend, sqs_backends

from tests.harness.memory_table import CancelledError, InvalidError, MemoryTable, RefusedError
from tests.harness.template import ACCOUNT, REGION

type Answered = tuple[SimpleNamespace, dict[str, Any]]

SERVICES = ("dynamodb", "sqs", "eventbridge")
COMPARED = ("Item", "Items", "Count", "Attributes")


@dataclass
class QuickAws:
    """What stands in for AWS.

    Attributes:
        on_request: Called before every request; it may do anything meanwhile, as another worker might.
        sent: Every message ever sent, those that are deleted too.
        is_compared: Whether moto is asked as well, and its answers given.
        compared: How many answers were compared with moto's.
        differences: In what moto's were different.
    """

    table: MemoryTable
    is_compared: bool = False
    on_request: Callable[[], None] = lambda: None
    on_write: Callable[[dict[str, Any]], None] = lambda _body: None
    sent: list[Message] = field(default_factory=list)
    requests: int = 0
    compared: int = 0
    differences: list[Any] = field(default_factory=list)

    def answer(self, service: str, operation: str, body: dict[str, Any]) -> Answered | None:
        """Answer a request, or leave it to moto."""
        match service:
            case "dynamodb":
                return self._from_table(operation, body)
            case "sqs":
                answered = self._from_queue(operation, body)
                return None if answered is None else _ok(answered)
            case "eventbridge":
                return _ok({"FailedEntryCount": 0, "Entries": [{"EventId": "e"} for _ in body["Entries"]]})
            case _:
                return None

    def _from_table(self, operation: str, body: dict[str, Any]) -> Answered:
        try:
            answered = _ok(self.table.answer(operation, body))
        except RefusedError as error:
            item = {"Item": error.item} if error.item else {}
            return _refused("ConditionalCheckFailedException", str(error), **item)
        except CancelledError as error:
            reasons = [{"Code": code} for code in error.reasons]
            return _refused("TransactionCanceledException", str(error), CancellationReasons=reasons)
        except InvalidError as error:
            return _refused("ValidationException", str(error))
        self.on_write(body)
        return answered

    def _from_queue(self, operation: str, body: dict[str, Any]) -> dict[str, Any] | None:
        queues: SQSBackend = sqs_backends[ACCOUNT][REGION]
        name = body.get("QueueUrl", "").rpartition("/")[2]
        match operation:
            case "SendMessage":
                attributes = _attributes(body.get("MessageAttributes", {}))
                self.sent.append(
                    queues.send_message(name, body["MessageBody"], attributes, body.get("DelaySeconds"))
                )
                return {"MessageId": self.sent[-1].id}
            case "DeleteMessageBatch":
                for entry in body["Entries"]:
                    with suppress(ReceiptHandleIsInvalid):
                        queues.delete_message(name, entry["ReceiptHandle"])
                return {"Successful": [{"Id": entry["Id"]} for entry in body["Entries"]], "Failed": []}
            case "SendMessageBatch":
                sent = [queues.send_message(name, each["MessageBody"]) for each in body["Entries"]]
                self.sent += sent
                ids = zip(body["Entries"], sent, strict=True)
                done = [{"Id": each["Id"], "MessageId": message.id} for each, message in ids]
                return {"Successful": done, "Failed": []}
            case "ChangeMessageVisibility":
                try:
                    queues.change_message_visibility(name, body["ReceiptHandle"], body["VisibilityTimeout"])
                except ReceiptHandleIsInvalid:  # of a message that is gone, which AWS refuses too
                    return {}
                return {}
            case _:
                return None


def _attributes(asked: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    """Write a message's attributes as moto keeps them."""
    return {name: {word: each[word] for word in ("DataType", "StringValue")} for name, each in asked.items()}


_open: list[QuickAws] = []
_serving: list[QuickAws] = []


@contextmanager
def serving(aws: QuickAws) -> Iterator[None]:
    """Have it answer in moto's place while the block runs."""
    _serving.append(aws)
    try:
        yield
    finally:
        _serving.remove(aws)


def served() -> QuickAws | None:
    """Give what answers in moto's place, if anything does."""
    return _serving[-1] if _serving else None


@contextmanager
def answered_by(aws: QuickAws) -> Iterator[None]:
    """Have it answer every request while the block runs."""
    _open.append(aws)
    try:
        yield
    finally:
        _open.remove(aws)


def _answer(
    event_name: str, params: dict[str, Any], context: dict[str, Any], **_more: Any
) -> Answered | None:
    if not _open:
        return None
    aws = _open[-1]
    aws.requests += 1
    aws.on_request()
    _, service, operation = event_name.split(".")
    if service not in SERVICES:
        return None
    answered = aws.answer(service, operation, json.loads(params["body"]))
    if not aws.is_compared or service != "dynamodb" or answered is None:
        return answered
    context["quick_answer"] = answered
    return None


def posted(
    service: str, operation: str, body: bytes, ask: Callable[[], tuple[int, bytes]]
) -> tuple[int, bytes]:
    """Answer what the functions' own client posts, which has no events."""
    context: dict[str, Any] = {}
    answered = _answer(f"before-call.{service}.{operation}", {"body": body}, context)
    if answered is not None:
        status, told = as_json(service, answered)
        return status, json.dumps(told).encode()
    status, content = ask()
    if context:
        told = json.loads(content)
        code = {"Error": {"Code": told["__type"].rpartition("#")[2]}} if "__type" in told else {}
        _compare(told | code, context)
    return status, content


def as_json(service: str, answered: Answered) -> tuple[int, dict[str, Any]]:
    """Write an answer as AWS's JSON has it."""
    status, told = answered
    if error := told.pop("Error", None):
        told |= {"__type": f"{service}#{error['Code']}", "message": error["Message"]}
    return status.status_code, told


def _compare(parsed: dict[str, Any], context: dict[str, Any], **_more: Any) -> None:
    """Note where moto, asked the same, said something else."""
    if (answered := context.get("quick_answer")) is None:
        return
    _, mine = answered
    _open[-1].compared += 1
    pairs = [(_told(mine, key), _told(parsed, key)) for key in COMPARED]
    pairs.append((mine.get("Error", {}).get("Code"), parsed.get("Error", {}).get("Code")))
    _open[-1].differences += [pair for pair in pairs if pair[0] != pair[1]]


def _told(parsed: dict[str, Any], key: str) -> Any:
    """Read a part of an answer; of an index, moto gives the keys alone."""
    value = parsed.get(key)
    return [(item["pk"], item["sk"]) for item in value] if key == "Items" and value is not None else value


def _refused(code: str, message: str, **more: Any) -> Answered:
    return SimpleNamespace(status_code=400), {"Error": {"Code": code, "Message": message}, **more}


def _ok(parsed: dict[str, Any]) -> Answered:
    return SimpleNamespace(status_code=200), parsed


# At the end: what botocore itself does before a call, it does first.
BUILTIN_HANDLERS += [("before-call", _answer), ("after-call", _compare)]

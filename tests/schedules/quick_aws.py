"""AWS answered before botocore makes an HTTP request of it.

botocore lets a `before-call` handler answer in the place of the service. So the handlers' clients are the
real ones, and what they send has been validated and serialized; what is left out is signing, HTTP and most
of moto. Tables are answered by `MemoryTable`, queues by moto's own, events are accepted; anything else, such
as a secret, goes on to moto.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from botocore.handlers import BUILTIN_HANDLERS
from moto.sqs.exceptions import ReceiptHandleIsInvalid
from moto.sqs.models import Message, SQSBackend, sqs_backends

from tests.harness.template import ACCOUNT, REGION
from tests.schedules.memory_table import MemoryTable, RefusedError

type Answered = tuple[SimpleNamespace, dict[str, Any]]

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
                return _ok(self._from_queue(operation, body))
            case "eventbridge":
                return _ok({"FailedEntryCount": 0, "Entries": [{"EventId": "e"} for _ in body["Entries"]]})
            case _:
                return None

    def _from_table(self, operation: str, body: dict[str, Any]) -> Answered:
        try:
            answered = _ok(self.table.answer(operation, body))
        except RefusedError as error:
            if operation == "TransactWriteItems":
                return _cancelled(str(error))
            told = {"Error": {"Code": "ConditionalCheckFailedException", "Message": str(error)}}
            return SimpleNamespace(status_code=400), told | ({"Item": error.item} if error.item else {})
        self.on_write(body)
        return answered

    def _from_queue(self, operation: str, body: dict[str, Any]) -> dict[str, Any]:
        queues: SQSBackend = sqs_backends[ACCOUNT][REGION]
        name = body["QueueUrl"].rpartition("/")[2]
        match operation:
            case "SendMessage":
                self.sent.append(
                    queues.send_message(name, body["MessageBody"], None, body.get("DelaySeconds"))
                )
                return {"MessageId": self.sent[-1].id}
            case "ChangeMessageVisibility":
                try:
                    queues.change_message_visibility(name, body["ReceiptHandle"], body["VisibilityTimeout"])
                except ReceiptHandleIsInvalid:  # of a message that is gone, which AWS refuses too
                    return {}
                return {}
            case _:
                raise NotImplementedError(operation)


_open: list[QuickAws] = []


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
    if service not in ("dynamodb", "sqs", "eventbridge"):
        return None
    answered = aws.answer(service, operation, json.loads(params["body"]))
    if not aws.is_compared or service != "dynamodb" or answered is None:
        return answered
    context["quick_answer"] = answered
    return None


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


def _cancelled(why: str) -> Answered:
    reasons = [{"Code": "ConditionalCheckFailed", "Message": why}]
    told = {"Error": {"Code": "TransactionCanceledException", "Message": why}, "CancellationReasons": reasons}
    return SimpleNamespace(status_code=400), told


def _ok(parsed: dict[str, Any]) -> Answered:
    return SimpleNamespace(status_code=200), parsed


# At the end: what botocore itself does before a call, it does first.
BUILTIN_HANDLERS += [("before-call", _answer), ("after-call", _compare)]

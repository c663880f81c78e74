"""Every request that a function makes, counted, with a moment before it is applied and one after it.

What is called at such a moment may do anything, for as long as it likes: the sender waits. A request after
which something happens is one whose answer is slow.
"""

import json
import re
from collections.abc import Callable
from typing import Any, Literal

from tests.crash.branches import _target
from tests.harness.item_sizes import Item
from tests.harness.memory_table import MemoryTable
from tests.harness.quick_aws import Answered, QuickAws
from tests.harness.wire import Carrier, Request, Wire

PROVIDER_ID = re.compile(r"\b([a-z]+)_[0-9a-f]{20,}")

type Side = Literal["before", "after"]
type Meeting = Callable[[Request, Side], None]
type Changed = Callable[[str, Item | None, Item], None]
"""What is told of each write to a run: the run's status at the time, the item before it and after it."""


class Watch:
    """Counts requests, and lets things happen around them.

    Attributes:
        meeting: Called before and after each request.
        is_off: Whether somebody only looks, which is nobody's request.
        announced: The details of every change of status that was announced.
    """

    def __init__(self) -> None:
        self.is_off = False
        self.wire = WatchedWire(self)
        self.forget()

    def forget(self) -> None:
        """Count from 1 again, and tell nobody."""
        self.count = 0
        self.announced: list[dict[str, Any]] = []
        self.meeting: Meeting = lambda _request, _side: None
        self.changed: Changed = lambda _status, _before, _after: None

    def pass_by[A](self, service: str, operation: str, body: Any, apply: Callable[[], A]) -> A:
        """Have a request applied, and whatever happens meanwhile."""
        if self.is_off or not self.wire.is_watched:
            return apply()
        self.count += 1
        request = Request(service, operation, body, self.wire.sender, self.count)
        self.meeting(request, "before")
        answer = apply()
        self.meeting(request, "after")
        return answer


class WatchedWire(Wire):
    """Carries the requests to OpenAI, which are the only ones that pass it in a small world."""

    def __init__(self, watch: Watch) -> None:
        super().__init__()
        self._watch = watch

    @property
    def sender(self) -> str:
        """Name the function whose request is under way."""
        return self._invocations[-1].function

    @property
    def invocation_number(self) -> int:
        """Tell the invocation that is under way from all others."""
        return id(self._invocations[-1])

    def send[A](self, service: str, operation: str, body: Any, carrier: Carrier[A]) -> A:
        """Carry a request; what goes on to moto, such as for a secret, is not counted."""
        if service != "openai":
            return super().send(service, operation, body, carrier)
        send = super().send
        return self._watch.pass_by(service, operation, body, lambda: send(service, operation, body, carrier))


class WatchedAws(QuickAws):
    """Answers the requests to AWS, and tells of each write to a run's items."""

    def __init__(self, table: MemoryTable, watch: Watch) -> None:
        super().__init__(table)
        self._watch = watch

    def answer(self, service: str, operation: str, body: dict[str, Any]) -> Answered | None:
        if service == "eventbridge":
            told = [each for each in body["Entries"] if each["DetailType"] == "Run Status Changed"]
            self._watch.announced += [json.loads(each["Detail"]) for each in told]
        answer = super().answer
        return self._watch.pass_by(service, operation, body, lambda: answer(service, operation, body))

    def _from_table(self, operation: str, body: dict[str, Any]) -> Answered:
        keys = [(each["pk"]["S"], each["sk"]["S"]) for each in _written(operation, body)]
        before = [self.table.partition(pk).get(sk) for pk, sk in keys]
        runs = [self.table.partition(pk).get("run") for pk, _ in keys]
        answered = super()._from_table(operation, body)
        for (pk, sk), was, run in zip(keys, before, runs, strict=True):
            if run is not None and (becomes := self.table.partition(pk).get(sk)) is not None:
                self._watch.changed(run["status"]["S"], was, becomes)
        return answered


def described(request: Request) -> str:
    """Name a request: who sends it, and what about; without ids."""
    words = f"{request.sender}: {request.service} {request.operation} {_target(request.body)}".rstrip()
    return PROVIDER_ID.sub(r"\1", words)


def _written(operation: str, body: dict[str, Any]) -> list[dict[str, Any]]:
    """Give the keys, or items, of what a request writes."""
    match operation:
        case "PutItem" | "UpdateItem" | "DeleteItem":
            return [body.get("Key") or body["Item"]]
        case "TransactWriteItems":
            actions = [next(iter(action.items())) for action in body["TransactItems"]]
            return [each.get("Key") or each["Item"] for verb, each in actions if verb != "ConditionCheck"]
        case _:
            return []

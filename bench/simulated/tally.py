"""Counts of what crossed the wire, kept without what crossed it."""

from collections import Counter
from collections.abc import Iterable
from math import ceil
from typing import Any

from tests.harness.costs import Costs, costs_of
from tests.harness.item_sizes import Index, item_size
from tests.harness.wire import Exchange

READ_UNIT_BYTES = 4096
OPENAI = "openai"


class Tally:
    """Takes exchanges in the place of a list, adds them up, and forgets them.

    Attributes:
        requests: By sender and service.
        read_units: Of strongly consistent reads; an eventually consistent one costs half.
        events: Put on EventBridge.
    """

    def __init__(self, indexes: Iterable[Index]) -> None:
        self._indexes = tuple(indexes)
        self.costs = Costs()
        self.requests: Counter[tuple[str, str]] = Counter()
        self.read_units = 0.0
        self.events = 0

    def append(self, exchange: Exchange) -> None:
        """Count one exchange."""
        request = exchange.request
        self.costs += costs_of([exchange], self._indexes)
        self.requests[request.sender, request.service] += 1
        if request.service == "dynamodb":
            self.read_units += _read_units(exchange)
        if request.operation == "PutEvents":
            self.events += len(request.body["Entries"])


def _read_units(exchange: Exchange) -> float:
    """Count what a read costs: by its item, and of a query by all that it looked at."""
    body: Any = exchange.request.body
    match exchange.request.operation:
        case "GetItem":
            size = item_size(exchange.answer.get("Item", {}))
        case "Query":
            size = sum(map(item_size, exchange.answer.get("Items", [])))
        case _:
            return 0
    units = max(1, ceil(size / READ_UNIT_BYTES))
    return units if body.get("ConsistentRead") else units / 2

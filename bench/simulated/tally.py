"""Counts of what crossed the wire, kept without what crossed it."""

from collections import Counter
from collections.abc import Mapping
from math import ceil
from typing import Any

from tests.harness.costs import Costs, costs_of
from tests.harness.item_sizes import Index, Write, index_write_units, item_size, write_units
from tests.harness.wire import Exchange

READ_UNIT_BYTES = 4096
OPENAI = "openai"


class Tally:
    """Takes exchanges in the place of a list, adds them up, and forgets them.

    Attributes:
        requests: By sender and service.
        read_units: Of strongly consistent reads; an eventually consistent one costs half.
        events: Put on EventBridge.
        by_partition: Write units by table or index, and by partition key.
    """

    def __init__(self, indexes: Mapping[str, tuple[str, Index]]) -> None:
        """Begin with nothing.

        Args:
            indexes: Each by its name, with the attribute that is its partition key.
        """
        self._indexes = {name: index for name, (_, index) in indexes.items()}
        self._hash_keys = {name: hash_key for name, (hash_key, _) in indexes.items()}
        self.costs = Costs()
        self.requests: Counter[tuple[str, str]] = Counter()
        self.read_units = 0.0
        self.events = 0
        self.by_partition: Counter[tuple[str, str]] = Counter()

    def append(self, exchange: Exchange) -> None:
        """Count one exchange."""
        request = exchange.request
        self.costs += costs_of([exchange], self._indexes.values())
        for write in exchange.writes:
            self._note_partitions(write)
        self.requests[request.sender, request.service] += 1
        if request.service == "dynamodb":
            self.read_units += _read_units(exchange)
        if request.operation == "PutEvents":
            self.events += len(request.body["Entries"])

    def _note_partitions(self, write: Write) -> None:
        item = write.after or write.before
        if item is not None:
            self.by_partition["RunTable", item["pk"]["S"]] += write_units(write)
        for name, index in self._indexes.items():
            before, after = index.entry(write.before), index.entry(write.after)
            if before == after:
                continue
            hash_key = self._hash_keys[name]
            if before and after and all(before[key] == after[key] for key in index.keys):
                self.by_partition[name, after[hash_key]["S"]] += index_write_units(write, [index])
                continue
            for entry in filter(None, (before, after)):
                units = index_write_units(Write(None, entry), [index])
                self.by_partition[name, entry[hash_key]["S"]] += units


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

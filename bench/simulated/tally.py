"""Counts of what crossed the wire, kept without what crossed it."""

from collections import Counter
from collections.abc import Iterable

from tests.harness.costs import Costs, costs_of
from tests.harness.item_sizes import Index
from tests.harness.wire import Exchange


class Tally:
    """Takes exchanges in the place of a list, adds them up, and forgets them."""

    def __init__(self, indexes: Iterable[Index]) -> None:
        self._indexes = tuple(indexes)
        self.costs = Costs()
        self.operations: Counter[str] = Counter()

    def append(self, exchange: Exchange) -> None:
        """Count one exchange."""
        request = exchange.request
        self.costs += costs_of([exchange], self._indexes)
        what = request.operation.split("/")[0].strip() if request.service == "openai" else request.operation
        self.operations[f"{request.sender} {request.service} {what}"] += 1

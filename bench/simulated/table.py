"""The run table in memory, for a hundred thousand runs: a query reads its partition, and not every item."""

from collections.abc import Iterable, Mapping
from typing import Any

from tests.harness.item_sizes import Index, Item, item_size
from tests.harness.memory_table import Body, MemoryTable
from tests.harness.table import indexes
from tests.harness.template import Template


class IndexedTable(MemoryTable):
    """Answers as `MemoryTable` does, from partitions of its indexes, which hold what they project."""

    def __init__(self, template: Template) -> None:
        super().__init__(template)
        self._projected = dict(zip(self._indexes, indexes(template), strict=True))
        self._entries: dict[str, dict[str, dict[tuple[str, str], Item]]] = {
            name: {} for name in self._indexes
        }

    @property
    def indexes(self) -> dict[str, tuple[str, Index]]:
        """The indexes by their names, each with its partition key."""
        return {name: (hash_key, self._projected[name]) for name, (hash_key, _) in self._indexes.items()}

    def clear(self) -> None:
        super().clear()
        for partitions in self._entries.values():
            partitions.clear()

    def delete(self, key: str) -> None:
        for item in self.partition(key).values():
            self._list(item, None)
        super().delete(key)

    def _put(self, item: Item) -> None:
        before = self.item(item)
        super()._put(item)
        self._list(before, item)

    def answer(self, operation: str, body: Body) -> dict[str, Any]:
        before = self.item(body["Key"]) if operation == "DeleteItem" else None
        answered = super().answer(operation, body)
        if operation == "DeleteItem":
            self._list(before, None)
        return answered

    def _list(self, before: Item | None, after: Item | None) -> None:
        for name, (hash_key, _) in self._indexes.items():
            index, partitions = self._projected[name], self._entries[name]
            old, new = index.entry(before), index.entry(after)
            if old is not None and old != new:
                del partitions[old[hash_key]["S"]][self._key(old)]
            if new is not None:
                partitions.setdefault(new[hash_key]["S"], {})[self._key(new)] = new

    def _key(self, item: Item) -> tuple[str, str]:
        return item["pk"]["S"], item["sk"]["S"]

    def candidates(self, body: Mapping[str, Any], first: str) -> Iterable[Item]:
        if name := body.get("IndexName"):
            return self._entries[name].get(first, {}).values()
        return super().candidates(body, first)

    def index_bytes(self) -> int:
        """Count the bytes of all indexes."""
        return sum(
            item_size(entry)
            for partitions in self._entries.values()
            for partition in partitions.values()
            for entry in partition.values()
        )

    def put(self, item: Item) -> None:
        """Put an item into the table without a request."""
        self._put(item)

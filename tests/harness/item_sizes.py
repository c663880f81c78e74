"""How large an item is, and what writing it costs, as DynamoDB counts.

Sources: "DynamoDB item sizes and formats", "Capacity unit consumption for write operations" and "Global
secondary indexes: write capacity units" in the DynamoDB developer guide.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

type Item = Mapping[str, Mapping[str, Any]]

UNIT_BYTES = 1024


@dataclass(frozen=True)
class Write:
    """What one write did to one item, or tried to do.

    Attributes:
        is_transactional: It costs twice; its index writes do not.
    """

    before: Item | None
    after: Item | None
    is_transactional: bool = False


@dataclass(frozen=True)
class Index:
    """A global secondary index: the attributes it is keyed on, and all it projects (`None`: everything)."""

    keys: frozenset[str]
    projected: frozenset[str] | None

    def entry(self, item: Item | None) -> Item | None:
        """Show an item as the index holds it; an item that lacks a key is not in it."""
        if item is None or not self.keys <= item.keys():
            return None
        return {name: item[name] for name in item if self.projected is None or name in self.projected}


def write_units(write: Write) -> int:
    """Count the units of a write: by the larger of the two items, and one at least if nothing was written."""
    units = max(_units(write.before), _units(write.after), 1)
    return units * 2 if write.is_transactional else units


def index_write_units(write: Write, indexes: Iterable[Index]) -> int:
    """Count the units that a write costs in the indexes beside it."""
    return sum(_units_in_index(write, index) for index in indexes)


def _units_in_index(write: Write, index: Index) -> int:
    before, after = index.entry(write.before), index.entry(write.after)
    if before == after:
        return 0
    if before and after and all(before[key] == after[key] for key in index.keys):
        return max(_units(before), _units(after))
    return _units(before) + _units(after)  # one is put in, or taken out, or moved by both


def _units(item: Item | None) -> int:
    return ceil(item_size(item) / UNIT_BYTES) if item else 0


def item_size(item: Item) -> int:
    """Count the bytes of an item: the names of its attributes and their values."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def _value_size(value: Mapping[str, Any]) -> int:
    """Count a value's bytes; sets and bytes are not among the attributes we write."""
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            return _number_size(content)
        case "L":
            return 3 + sum(1 + _value_size(each) for each in content)
        case "M":
            return 3 + sum(1 + len(name.encode()) + _value_size(each) for name, each in content.items())
        case "BOOL" | "NULL":
            return 1
        case _:
            raise ValueError(f"how large is an attribute of type {kind}?")


def _number_size(text: str) -> int:
    """A byte for two significant digits, one more, and one for a sign."""
    digits = text.lstrip("-").replace(".", "").strip("0")
    return ceil(len(digits) / 2) + 1 + text.startswith("-")

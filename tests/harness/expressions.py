"""DynamoDB's expressions, as far as Runrelay uses them, translated to Python once each.

A condition becomes a Python condition over operands; an operand that is absent, or of another type than the
one beside it, makes every comparison false, as in DynamoDB.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from types import CodeType
from typing import Any

from tests.harness.item_sizes import Item

type Names = Mapping[str, str]
type Values = Mapping[str, Any]

WORDS = {"=": "==", "<>": "!=", "AND": "and", "OR": "or", "NOT": "not", "IN": "in"}
FUNCTIONS = ("attribute_exists", "attribute_not_exists", "begins_with")
TOKEN = re.compile(r"[#:]?\w+|<>|<=|>=|[=<>(),]")
BETWEEN = re.compile(r"([#:]?\w+) BETWEEN ([#:]?\w+) AND ([#:]?\w+)")
IN_LIST = re.compile(r"\bIN\s*\(([^)]*)\)")
CLAUSE = re.compile(r"\b(SET|REMOVE|ADD)\b")


class Operand:
    """An attribute's value, or one of the request's."""

    def __init__(self, typed: Mapping[str, Any] | None) -> None:
        ((self.type, value),) = typed.items() if typed else ((None, None),)
        self.value = Decimal(value) if self.type == "N" else value

    def _compare(self, other: "Operand", holds: Callable[[Any, Any], bool]) -> bool:
        return self.type is not None and self.type == other.type and holds(self.value, other.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Operand) and self._compare(other, lambda one, two: one == two)

    def __lt__(self, other: "Operand") -> bool:
        return self._compare(other, lambda one, two: one < two)

    def __gt__(self, other: "Operand") -> bool:
        return other < self

    def __le__(self, other: "Operand") -> bool:
        return self._compare(other, lambda one, two: one <= two)

    def __ge__(self, other: "Operand") -> bool:
        return other <= self

    def __hash__(self) -> int:
        return hash((self.type, str(self.value)))


def holds(condition: str | None, item: Item | None, names: Names, values: Values) -> bool:
    """Say whether an item, or the absence of one, meets a condition."""
    if condition is None:
        return True

    def operand(name: str) -> Operand:
        if name.startswith(":"):
            return Operand(values[name])
        return Operand((item or {}).get(names[name] if name.startswith("#") else name))

    known = {
        "operand": operand,
        "attribute_exists": lambda each: each.type is not None,
        "attribute_not_exists": lambda each: each.type is None,
        "begins_with": lambda each, start: each.type == start.type and each.value.startswith(start.value),
    }
    return bool(eval(_translated(condition), known))


@cache
def _translated(condition: str) -> CodeType:
    without_between = BETWEEN.sub(r"(\1 >= \2 AND \1 <= \3)", condition)
    tokens = TOKEN.findall(IN_LIST.sub(r"IN (\1,)", without_between))
    return compile(" ".join(map(_word, tokens)), condition, "eval")


def _word(token: str) -> str:
    if token in WORDS:
        return WORDS[token]
    if token in FUNCTIONS or not re.match(r"[#:\w]", token):
        return token
    return f"operand({token!r})"


def updated(update: str, item: Item, names: Names, values: Values) -> Item:
    """Give an item as an update leaves it; a `SET` may only assign values, and an `ADD` only count."""
    changed = dict(item)
    parts = CLAUSE.split(update)
    for verb, clause in zip(parts[1::2], parts[2::2], strict=True):
        for action in (each.strip() for each in clause.split(",")):
            name, _, value = action.replace("=", " ").partition(" ")
            attribute = names[name] if name.startswith("#") else name
            match verb:
                case "SET":
                    changed[attribute] = values[value.strip()]
                case "ADD":
                    before = Decimal(changed.get(attribute, {"N": "0"})["N"])
                    changed[attribute] = {"N": str(before + Decimal(values[value.strip()]["N"]))}
                case "REMOVE":
                    changed.pop(attribute, None)
    return changed

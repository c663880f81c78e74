"""The run table in memory: what moto does with it, in a fiftieth of the time.

moto takes milliseconds for a request, and the proofs make a million of them. That the two answer alike is a
test of its own (`test_the_table_in_memory_answers_as_moto_does`).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tests.harness.expressions import holds, updated
from tests.harness.item_sizes import Item, item_size
from tests.harness.template import Template

type Body = Mapping[str, Any]
type Parsed = dict[str, Any]

CONDITION_FAILED = "ConditionalCheckFailed"
MAX_ITEM_BYTES = 400 * 1024
MAX_PAGE_BYTES = 1024 * 1024


class RefusedError(Exception):
    """A condition failed.

    Attributes:
        item: The item as it is, for a request that asked for it.
    """

    def __init__(self, item: Item | None) -> None:
        super().__init__("The conditional request failed")
        self.item = item


class CancelledError(Exception):
    """A condition of a transaction failed.

    Attributes:
        reasons: A code for each of its actions, `None` for those that would have been done.
    """

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__(f"Transaction cancelled, specific reasons [{', '.join(reasons)}]")
        self.reasons = reasons


class InvalidError(Exception):
    """No table takes such a request."""


class MemoryTable:
    """One table of string keys, with its indexes as the template defines them."""

    def __init__(self, template: Template) -> None:
        properties = template.properties("RunTable")
        self._hash, self._range = _keys(properties)
        self._indexes = {each["IndexName"]: _keys(each) for each in properties["GlobalSecondaryIndexes"]}
        self._partitions: dict[str, dict[str, Item]] = {}

    def items(self) -> list[Item]:
        """Give everything that is in the table."""
        return [item for partition in self._partitions.values() for item in partition.values()]

    def partition(self, key: str) -> dict[str, Item]:
        """Give the items of one partition by their sort keys."""
        return self._partitions.get(key, {})

    def clear(self) -> None:
        """Forget everything."""
        self._partitions.clear()

    def delete(self, key: str) -> None:
        """Take a whole partition away."""
        self._partitions.pop(key, None)

    def answer(self, operation: str, body: Body) -> Parsed:
        """Do what a request asks for.

        Raises:
            RefusedError: Its condition failed.
            CancelledError: A condition of the transaction did.
            InvalidError: It is no request that a table takes.
        """
        match operation:
            case "GetItem" | "BatchGetItem" | "Query" | "Scan":
                return self._read(operation, body)
            case "PutItem":
                self._check(body, self.item(body["Item"]))
                self._put(dict(body["Item"]))
                return {}
            case "UpdateItem":
                return self._update(body)
            case "TransactWriteItems":
                return self._transact(body)
            case "DeleteItem":
                self._check(body, self.item(body["Key"]))
                self.partition(body["Key"][self._hash]["S"]).pop(body["Key"][self._range]["S"], None)
                return {}
            case _:
                raise NotImplementedError(operation)

    def _read(self, operation: str, body: Body) -> Parsed:
        if operation == "Query":
            return self._query(body)
        if operation == "Scan":
            return {"Items": self.items()}
        if operation == "GetItem":
            item = self.item(body["Key"])
            return {"Item": item} if item else {}
        ((name, wanted),) = body["RequestItems"].items()
        found = [item for key in wanted["Keys"] if (item := self.item(key))]
        return {"Responses": {name: found}, "UnprocessedKeys": {}}

    def item(self, key: Body) -> Item | None:
        """Give the item with a key, or with an item's."""
        return self.partition(key[self._hash]["S"]).get(key[self._range]["S"])

    def _put(self, item: Item) -> None:
        if item_size(item) > MAX_ITEM_BYTES:
            raise InvalidError("Item size has exceeded the maximum allowed size")
        self._partitions.setdefault(item[self._hash]["S"], {})[item[self._range]["S"]] = item

    def _check(self, body: Body, item: Item | None) -> None:
        if not holds(body.get("ConditionExpression"), item, *_given(body)):
            raise RefusedError(item if body.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" else None)

    def _update(self, body: Body) -> Parsed:
        item = self.item(body["Key"])
        self._check(body, item)
        changed = updated(body["UpdateExpression"], item or dict(body["Key"]), *_given(body))
        self._put(changed)
        return {"Attributes": changed} if body.get("ReturnValues") == "ALL_NEW" else {}

    def _transact(self, body: Body) -> Parsed:
        """Do all of a transaction or nothing."""
        actions = [next(iter(action.items())) for action in body["TransactItems"]]
        reasons = [self._reason(each) for _, each in actions]
        if set(reasons) != {"None"}:
            raise CancelledError(reasons)
        for verb, each in actions:
            if verb != "ConditionCheck":
                self.answer(f"{verb}Item", each)
        return {}

    def _reason(self, action: Body) -> str:
        item = self.item(action.get("Key") or action["Item"])
        return "None" if holds(action.get("ConditionExpression"), item, *_given(action)) else CONDITION_FAILED

    def _query(self, body: Body) -> Parsed:
        hash_key, range_key = self._indexes.get(body.get("IndexName"), (self._hash, self._range))
        ((_, first),) = list(body["ExpressionAttributeValues"].items())[:1]
        items = self.candidates(body, first["S"])
        condition = body["KeyConditionExpression"]
        matching = [item for item in items if hash_key in item and holds(condition, item, *_given(body))]
        is_forward = body.get("ScanIndexForward", True)
        matching.sort(key=lambda item: self._place(item, range_key), reverse=not is_forward)
        if start := body.get("ExclusiveStartKey"):
            places = [self._place(item, range_key) for item in matching]
            after = self._place(start, range_key)
            is_behind = after.__lt__ if is_forward else after.__gt__
            matching = [item for item, place in zip(matching, places, strict=True) if is_behind(place)]
        page = _page(matching, body.get("Limit"))
        found = [item for item in page if holds(body.get("FilterExpression"), item, *_given(body))]
        answer = {"Items": found, "Count": len(found), "ScannedCount": len(page)}
        if page and len(page) < len(matching):
            names = {self._hash, self._range, hash_key, range_key} - {None}
            answer["LastEvaluatedKey"] = {name: page[-1][name] for name in names if name}
        return answer

    def candidates(self, body: Body, first: str) -> Iterable[Item]:
        """Give the items among which a query looks: those of its partition, if that is known."""
        return self.items() if "IndexName" in body else self.partition(first).values()

    def _place(self, item: Item, range_key: str | None) -> tuple[str, str, str]:
        """Say where an item stands in a table or an index; among those with one range key, by its own key."""
        return item[range_key]["S"] if range_key else "", item[self._hash]["S"], item[self._range]["S"]


def _page(items: Sequence[Item], limit: int | None) -> Sequence[Item]:
    """Cut what one answer holds: so many items, and no more than a megabyte."""
    size = 0
    for count, item in enumerate(items[:limit]):
        size += item_size(item)
        if size > MAX_PAGE_BYTES:
            return items[: count + 1]
    return items[:limit]


def _keys(properties: Mapping[str, Any]) -> tuple[str, str | None]:
    """Name the hash key and, if there is one, the range key."""
    names = {each["KeyType"]: each["AttributeName"] for each in properties["KeySchema"]}
    return names["HASH"], names.get("RANGE")


def _given(body: Body) -> tuple[Mapping[str, str], Mapping[str, Any]]:
    return body.get("ExpressionAttributeNames", {}), body.get("ExpressionAttributeValues", {})

"""The run table in memory: what moto does with it, in a fiftieth of the time.

moto takes milliseconds for a request, and two thousand schedules make a hundred thousand of them. That the
two answer alike is a test of its own (`test_the_table_in_memory_answers_as_moto_does`).
"""

from collections.abc import Mapping
from typing import Any

from tests.harness.item_sizes import Item
from tests.harness.template import Template
from tests.schedules.expressions import holds, updated

type Body = Mapping[str, Any]
type Parsed = dict[str, Any]


class RefusedError(Exception):
    """A condition failed.

    Attributes:
        item: The item as it is, for a request that asked for it.
    """

    def __init__(self, item: Item | None) -> None:
        super().__init__("The conditional request failed")
        self.item = item


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
        """
        match operation:
            case "GetItem" | "BatchGetItem" | "Query":
                return self._read(operation, body)
            case "PutItem":
                self._check(body, self._item(body["Item"]))
                self._put(dict(body["Item"]))
                return {}
            case "UpdateItem":
                return self._update(body)
            case "TransactWriteItems":
                return self._transact(body)
            case "DeleteItem":
                self._check(body, self._item(body["Key"]))
                self.partition(body["Key"][self._hash]["S"]).pop(body["Key"][self._range]["S"], None)
                return {}
            case _:
                raise NotImplementedError(operation)

    def _read(self, operation: str, body: Body) -> Parsed:
        if operation == "Query":
            return self._query(body)
        if operation == "GetItem":
            item = self._item(body["Key"])
            return {"Item": item} if item else {}
        ((name, wanted),) = body["RequestItems"].items()
        found = [item for key in wanted["Keys"] if (item := self._item(key))]
        return {"Responses": {name: found}, "UnprocessedKeys": {}}

    def _item(self, key: Body) -> Item | None:
        return self.partition(key[self._hash]["S"]).get(key[self._range]["S"])

    def _put(self, item: Item) -> None:
        self._partitions.setdefault(item[self._hash]["S"], {})[item[self._range]["S"]] = item

    def _check(self, body: Body, item: Item | None) -> None:
        if not holds(body.get("ConditionExpression"), item, *_given(body)):
            raise RefusedError(item if body.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" else None)

    def _update(self, body: Body) -> Parsed:
        item = self._item(body["Key"])
        self._check(body, item)
        changed = updated(body["UpdateExpression"], item or dict(body["Key"]), *_given(body))
        self._put(changed)
        return {"Attributes": changed} if body.get("ReturnValues") == "ALL_NEW" else {}

    def _transact(self, body: Body) -> Parsed:
        """Do all of a transaction or nothing."""
        actions = [next(iter(action.items())) for action in body["TransactItems"]]
        for _, each in actions:
            self._check(each, self._item(each.get("Key") or each["Item"]))
        for verb, each in actions:
            if verb != "ConditionCheck":
                self.answer(f"{verb}Item", each)
        return {}

    def _query(self, body: Body) -> Parsed:
        hash_key, range_key = self._indexes.get(body.get("IndexName"), (self._hash, self._range))
        ((_, first),) = list(body["ExpressionAttributeValues"].items())[:1]
        items = self.items() if "IndexName" in body else list(self.partition(first["S"]).values())
        condition = body["KeyConditionExpression"]
        matching = [item for item in items if hash_key in item and holds(condition, item, *_given(body))]
        matching.sort(key=lambda item: item[range_key]["S"] if range_key else "")
        matching = matching[: body.get("Limit")]
        found = [item for item in matching if holds(body.get("FilterExpression"), item, *_given(body))]
        return {"Items": found, "Count": len(found), "ScannedCount": len(matching)}


def _keys(properties: Mapping[str, Any]) -> tuple[str, str | None]:
    """Name the hash key and, if there is one, the range key."""
    names = {each["KeyType"]: each["AttributeName"] for each in properties["KeySchema"]}
    return names["HASH"], names.get("RANGE")


def _given(body: Body) -> tuple[Mapping[str, str], Mapping[str, Any]]:
    return body.get("ExpressionAttributeNames", {}), body.get("ExpressionAttributeValues", {})

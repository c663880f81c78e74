"""The run table as it stands in moto, or in what answers in its place, seen without a request."""

from collections.abc import Iterator, Mapping
from typing import Any

from moto.dynamodb.models import DynamoDBBackend, dynamodb_backends

from tests.harness import quick_aws
from tests.harness.item_sizes import Index, Item, Write
from tests.harness.template import ACCOUNT, REGION, Template
from tests.harness.wire import Request

type Key = dict[str, Any]


class Images:
    """The items that a request may change, before it and after."""

    def __init__(self, request: Request) -> None:
        self._targets = list(_targets(request)) if request.service == "dynamodb" else []
        self._is_transactional = request.operation.startswith("Transact")
        self._before = self._images()

    def writes(self) -> tuple[Write, ...]:
        """Compare the items with what they were when this object was made."""
        pairs = zip(self._before, self._images(), strict=True)
        return tuple(Write(before, after, self._is_transactional) for before, after in pairs)

    def _images(self) -> list[Item | None]:
        return [_image(table, key) for table, key in self._targets]


def items(table_name: str) -> list[Item]:
    """Give everything that is in the table."""
    if quick := quick_aws.served():
        return quick.table.items()
    return [item.to_json()["Attributes"] for item in _backend().get_table(table_name).all_items()]


def indexes(template: Template) -> tuple[Index, ...]:
    """Read the table's indexes out of the template."""
    properties = template.properties("RunTable")
    table_keys = _names(properties["KeySchema"])
    return tuple(_index(index, table_keys) for index in properties["GlobalSecondaryIndexes"])


def _index(index: Mapping[str, Any], table_keys: frozenset[str]) -> Index:
    keys, projection = _names(index["KeySchema"]), index["Projection"]
    if projection["ProjectionType"] == "ALL":
        return Index(keys, None)
    return Index(keys, keys | table_keys | set(projection.get("NonKeyAttributes", ())))


def _names(key_schema: list[dict[str, str]]) -> frozenset[str]:
    return frozenset(each["AttributeName"] for each in key_schema)


def _targets(request: Request) -> Iterator[tuple[str, Key]]:
    """Name the items that a request writes."""
    body = request.body
    match request.operation:
        case "PutItem" | "UpdateItem" | "DeleteItem":
            yield body["TableName"], body.get("Key") or body["Item"]
        case "TransactWriteItems":
            for action in body["TransactItems"]:
                ((_, each),) = action.items()
                yield each["TableName"], each.get("Key") or each["Item"]
        case "BatchWriteItem":
            for table, writes in body["RequestItems"].items():
                for write in writes:
                    ((_, each),) = write.items()
                    yield table, each.get("Key") or each["Item"]


def _image(table_name: str, key_or_item: Key) -> Item | None:
    if quick := quick_aws.served():
        return quick.table.item(key_or_item)
    schema = _backend().get_table(table_name).schema
    key = {each["AttributeName"]: key_or_item[each["AttributeName"]] for each in schema}
    item = _backend().get_item(table_name, key)
    return dict(item.to_json()["Attributes"]) if item else None


def _backend() -> DynamoDBBackend:
    return dynamodb_backends[ACCOUNT][REGION]

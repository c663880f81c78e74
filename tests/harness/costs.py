"""What exchanges cost, counted as the budgets count."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, Self

from tests.harness.item_sizes import Index, index_write_units, write_units
from tests.harness.wire import Exchange

MESSAGE_OPERATIONS = ("SendMessage", "SendMessageBatch")


@dataclass(frozen=True, kw_only=True)
class Costs:
    """Counts of what crossed the wire.

    Attributes:
        items_written: A write whose condition failed counts too, an item in a transaction twice.
        items_read: A query counts the items it looked at, one at least.
        write_units: Of 1 KB each, in the table itself.
        index_write_units: The same, in its indexes.
    """

    openai_requests: int = 0
    items_written: int = 0
    items_read: int = 0
    messages_sent: int = 0
    message_bytes: int = 0
    write_units: int = 0
    index_write_units: int = 0

    def __add__(self, other: Self) -> "Costs":
        return Costs(
            **{each.name: getattr(self, each.name) + getattr(other, each.name) for each in fields(self)}
        )

    def __sub__(self, other: Self) -> "Costs":
        return Costs(
            **{each.name: getattr(self, each.name) - getattr(other, each.name) for each in fields(self)}
        )


def costs_of(exchanges: Iterable[Exchange], indexes: Iterable[Index]) -> Costs:
    """Add up exchanges."""
    return sum((_cost(exchange, tuple(indexes)) for exchange in exchanges), Costs())


def _cost(exchange: Exchange, indexes: tuple[Index, ...]) -> Costs:
    match exchange.request.service:
        case "openai":
            return Costs(openai_requests=1)
        case "dynamodb":
            return Costs(
                items_written=sum(2 if write.is_transactional else 1 for write in exchange.writes),
                items_read=_items_read(exchange),
                write_units=sum(map(write_units, exchange.writes)),
                index_write_units=sum(index_write_units(write, indexes) for write in exchange.writes),
            )
        case "sqs" if exchange.request.operation in MESSAGE_OPERATIONS:
            messages = exchange.request.body.get("Entries") or [exchange.request.body]
            return Costs(messages_sent=len(messages), message_bytes=sum(map(_message_bytes, messages)))
        case _:
            return Costs()


def _items_read(exchange: Exchange) -> int:
    answer = exchange.answer
    match exchange.request.operation:
        case "GetItem":
            return 1
        case "Query" | "Scan":
            looked_at: int = answer.get("ScannedCount", 0)
            return max(1, looked_at)
        case "BatchGetItem":
            return sum(len(keys["Keys"]) for keys in exchange.request.body["RequestItems"].values())
        case "TransactGetItems":
            return 2 * len(exchange.request.body["TransactItems"])
        case _:
            return 0


def _message_bytes(message: dict[str, Any]) -> int:
    """Count as SQS does: the body, and names, types and values of attributes."""
    attributes = message.get("MessageAttributes", {})
    return len(message["MessageBody"].encode()) + sum(
        len(name) + len(each["DataType"]) + len(each.get("StringValue", "").encode())
        for name, each in attributes.items()
    )

"""A small outside world whose side effects are counted: keyed refunds, and emails without any key."""

import time
from dataclasses import dataclass
from typing import Literal
from zlib import crc32

from simulator.wire.bodies import Fields, JsonObject
from simulator.wire.errors import ApiError
from simulator.wire.identifiers import new_id

PRODUCTS = ("Lamp", "Kettle", "Chair", "Bicycle bell", "Notebook")
ORDER_STATES = ("paid", "packed", "shipped", "delivered")


@dataclass(frozen=True)
class Refunded:
    """An answer under an idempotency key."""

    body: JsonObject
    answer: JsonObject


class Shop:
    def __init__(self) -> None:
        self.ledger: list[JsonObject] = []
        self._refunded: dict[str, Refunded] = {}

    def refund(self, body: JsonObject, idempotency_key: str | None) -> tuple[JsonObject, bool]:
        """Refund, once for each idempotency key, and tell whether the answer is a repeated one.

        Raises:
            ApiError: A field is wrong (400), or the key was used with another body (409).
        """
        _check_refund(body)
        before = self._refunded.get(idempotency_key) if idempotency_key else None
        if before and before.body != body:
            raise ApiError(
                409,
                "This idempotency key was used with another body.",
                code="idempotency_key_reused",
                param="Idempotency-Key",
            )
        if before:
            return before.answer, True

        entry = self._record("refund", body, idempotency_key)
        answer = {"id": entry["id"], "status": "refunded", **_pick(body, "order_id", "cents")}
        if idempotency_key:
            self._refunded[idempotency_key] = Refunded(body, answer)
        return answer, False

    def email(self, body: JsonObject, idempotency_key: str | None) -> JsonObject:
        """Send an email, again each time it is asked for, whatever the key."""
        fields = Fields(body)
        for key in ("to", "subject", "body"):
            fields.text(key)
        _check_cause(fields)
        entry = self._record("email", body, idempotency_key)
        return {"id": entry["id"], "status": "sent", **_pick(body, "to")}

    def clear(self) -> None:
        self.ledger.clear()
        self._refunded.clear()

    def _record(
        self, effect: Literal["refund", "email"], body: JsonObject, idempotency_key: str | None
    ) -> JsonObject:
        entry = body | {
            "id": new_id(effect),
            "at": time.time(),
            "effect": effect,
            "run_id": body.get("run_id"),
            "call_id": body.get("call_id"),
            "idempotency_key": idempotency_key,
        }
        self.ledger.append(entry)
        return entry


def order(order_id: str) -> JsonObject:
    """Make up an order, the same for the same id."""
    luck = crc32(order_id.encode())
    return {
        "order_id": order_id,
        "status": ORDER_STATES[luck % len(ORDER_STATES)],
        "item": PRODUCTS[luck % len(PRODUCTS)],
        "cents": 500 + luck % 20_000,
        "currency": "EUR",
        "customer": {"email": f"customer-{luck % 1000}@example.com"},
    }


def _check_refund(body: JsonObject) -> None:
    fields = Fields(body)
    fields.text("order_id")
    if fields.whole("cents") <= 0:
        raise fields.refuse("cents", "must be more than 0")
    _check_cause(fields)


def _check_cause(fields: Fields) -> None:
    fields.optional_text("run_id")
    fields.optional_text("call_id")


def _pick(body: JsonObject, *keys: str) -> JsonObject:
    return {key: body[key] for key in keys}

"""A tool whose side effect honours an idempotency key: `keyed`. A large refund waits for a person."""

from dataclasses import dataclass

from functions.tools.sample_shop import shop
from functions.tools.tool import ToolContext, tool

LARGE_REFUND_CENTS = 100_000


@dataclass
class Refund:
    """A refund that was made."""

    refund_id: str
    order_id: str
    cents: int


@tool(effect="keyed", approval=lambda cents: cents > LARGE_REFUND_CENTS, timeout=30)
def refund_order(order_id: str, cents: int, *, context: ToolContext) -> Refund:
    """Refund part of an order.

    Args:
        order_id: The order's id, such as A-1042.
        cents: How much to refund, in cents.
    """
    with shop() as client:
        answer = client.post(
            "/shop/refunds",
            json={"order_id": order_id, "cents": cents, "run_id": context.run_id, "call_id": context.call_id},
            headers={"Idempotency-Key": context.idempotency_key},
        )
    refund = answer.raise_for_status().json()
    return Refund(refund["id"], order_id, cents)

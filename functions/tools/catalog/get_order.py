"""A tool that only reads: `pure`."""

from functions.tools.sample_shop import shop
from functions.tools.tool import ToolError, tool

NOT_FOUND = 404


@tool(effect="pure", timeout=10)
def get_order(order_id: str) -> dict[str, object]:
    """Look up an order.

    Args:
        order_id: The order's id, such as A-1042.
    """
    with shop() as client:
        answer = client.get(f"/shop/orders/{order_id}")
    if answer.status_code == NOT_FOUND:
        raise ToolError(f"There is no order {order_id}.")
    order: dict[str, object] = answer.raise_for_status().json()
    return order

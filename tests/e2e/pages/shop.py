"""The functions of somebody who migrates, and what the model is told of them."""

import json

TOOLS = [
    {
        "type": "function",
        "name": "get_order",
        "description": "Look up an order.",
        "strict": True,
        "parameters": {
            "type": "object",
            "properties": {"order_id": {"type": "string", "description": "The order's id."}},
            "required": ["order_id"],
            "additionalProperties": False,
        },
    }
]


def get_order(order_id: str) -> str:
    return json.dumps({"order_id": order_id, "status": "shipped"})


FUNCTIONS = {"get_order": get_order}

"""It can be imported where it is built, and not where it runs."""

import os

from runrelay.tools import tool

if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    raise RuntimeError("the price list is gone")


@tool(effect="pure", timeout=10)
def tell_price(article: str) -> str:
    """Tell a price."""
    return f"{article}: 5 euros"

"""One line of it is changed while it runs."""

from runrelay.tools import tool


@tool(effect="pure", timeout=10)
def tell_version() -> str:
    """Tell which code runs."""
    return "the first"

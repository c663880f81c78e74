"""A package of others, a variable and a secret."""

import os

from humanize import naturalsize
from team_tools.greeting import greeted

from runrelay.tools import Secret, tool

STORE_KEY = Secret(os.environ["STORE_KEY_NAME"])


@tool(effect="pure", timeout=10)
def tell_size(number: int) -> str:
    """Tell a number of bytes in words."""
    return greeted(f"{naturalsize(number)}, with the key {STORE_KEY.value}")

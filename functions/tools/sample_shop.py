"""The outside world of the sample tools: a shop over HTTP, served by the simulator."""

import os

import httpx2


def shop() -> httpx2.Client:
    """Open a client to the shop."""
    return httpx2.Client(base_url=os.environ["SHOP_URL"], timeout=httpx2.Timeout(20, connect=3))

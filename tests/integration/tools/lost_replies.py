"""Requests that AWS applies and whose replies are lost on their way back."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.awsrequest import AWSPreparedRequest
from botocore.exceptions import ConnectionClosedError
from moto.core.models import botocore_stubber


@contextmanager
def replies_lost(client: Any, count: int = 1) -> Iterator[None]:
    """Lose the replies to the next requests of a client; botocore sends them again by itself."""
    left = count

    def send(event_name: str, request: AWSPreparedRequest, **_: Any) -> None:
        nonlocal left
        if left:
            left -= 1
            botocore_stubber(event_name, request)
            raise ConnectionClosedError(endpoint_url=request.url)

    client.meta.events.register_first("before-send", send)
    try:
        yield
    finally:
        client.meta.events.unregister("before-send", send)
    assert not left, "no reply was lost"

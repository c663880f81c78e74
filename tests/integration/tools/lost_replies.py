"""Requests that AWS applies and whose replies are lost on their way back."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.awsrequest import AWSPreparedRequest
from botocore.exceptions import ConnectionClosedError
from moto.core.models import botocore_stubber


@contextmanager
def reply_lost(client: Any, operation: str) -> Iterator[None]:
    """Lose the reply to the next such request; botocore sends it again by itself."""
    is_lost = False

    def send(event_name: str, request: AWSPreparedRequest, **_: Any) -> None:
        nonlocal is_lost
        if not is_lost and event_name.endswith(f".{operation}"):
            is_lost = True
            botocore_stubber(event_name, request)
            raise ConnectionClosedError(endpoint_url=request.url)

    client.meta.events.register_first("before-send", send)
    try:
        yield
    finally:
        client.meta.events.unregister("before-send", send)
    assert is_lost, f"no {operation} was sent"

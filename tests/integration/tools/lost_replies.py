"""Requests that AWS applies and whose replies are lost on their way back."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from botocore.awsrequest import AWSPreparedRequest
from botocore.exceptions import ConnectionClosedError
from moto.core.models import botocore_stubber


@contextmanager
def reply_lost(client: Any, operation: str, *, number: int = 1) -> Iterator[None]:
    """Lose the reply to one such request, the next or a later one; botocore sends it again by itself."""
    sent = 0

    def send(event_name: str, request: AWSPreparedRequest, **_: Any) -> None:
        nonlocal sent
        sent += event_name.endswith(f".{operation}")
        if sent == number and event_name.endswith(f".{operation}"):
            botocore_stubber(event_name, request)
            raise ConnectionClosedError(endpoint_url=request.url)

    client.meta.events.register_first("before-send", send)
    try:
        yield
    finally:
        client.meta.events.unregister("before-send", send)
    assert sent > number, f"no reply to {operation} was lost"


@contextmanager
def before_call(client: Any, operation: str, act: Callable[..., Any]) -> Iterator[None]:
    """Have something done before each request of an operation, or of all; what it gives is the answer."""
    event = f"before-call.{client.meta.service_model.service_name}{operation and '.'}{operation}"
    client.meta.events.register(event, act)
    try:
        yield
    finally:
        client.meta.events.unregister(event, act)

"""HTTP requests as an HTTP API hands them to a function: payload format 2.0."""

import base64
import time
import uuid
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from tests.harness.template import ACCOUNT

TEXT_TYPES = ("text/", "application/json", "application/javascript", "application/xml")


def proxy_event(
    method: str, path: str, *, headers: Iterable[tuple[str, str]], body: bytes = b"", query: str = ""
) -> dict[str, Any]:
    """Make the event: header names in lower case, doubled headers and query parameters joined by a comma."""
    joined = _joined((name.lower(), value) for name, value in headers)
    event = {
        "version": "2.0",
        "routeKey": f"{method} {path}",
        "rawPath": path,
        "rawQueryString": query,
        "headers": joined,
        "requestContext": _context(method, path, joined),
        **_body(body, joined.get("content-type", "")),
    }
    if query:
        event["queryStringParameters"] = _joined(parse_qsl(query, keep_blank_values=True))
    return event


def _joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def _body(body: bytes, content_type: str) -> dict[str, Any]:
    if content_type.startswith(TEXT_TYPES):
        return {"body": body.decode(errors="replace"), "isBase64Encoded": False}
    return {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}


def _context(method: str, path: str, headers: Mapping[str, str]) -> dict[str, Any]:
    return {
        "accountId": ACCOUNT,
        "apiId": "harness",
        "domainName": headers.get("host", "harness.local"),
        "domainPrefix": "harness",
        "http": {
            "method": method,
            "path": path,
            "protocol": "HTTP/1.1",
            "sourceIp": "127.0.0.1",
            "userAgent": headers.get("user-agent", ""),
        },
        "requestId": str(uuid.uuid4()),
        "routeKey": f"{method} {path}",
        "stage": "$default",
        "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime()),
        "timeEpoch": int(time.time() * 1000),
    }

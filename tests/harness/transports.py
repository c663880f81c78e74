"""The wire, put into the transports of botocore and httpx2.

AWS is in this process and not a server on a port: it is quicker, what it holds can be looked at without
asking it, and its clock can be moved. It is moto, or what answers in its place (`quick_aws.serving`). moto's
one trap, that an ordinary `before-send` hook cannot keep a request from being applied (moto answers all the
same), is avoided by standing in moto's own place: the wire calls moto, or does not.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

import botocore.session
import httpx2
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError
from botocore.handlers import BUILTIN_HANDLERS
from botocore.loaders import Loader, create_loader
from contracts.aws_connection import Connections
from httpx2._transports import default
from moto.core.botocore_stubber import MockRawResponse
from moto.core.models import botocore_stubber

from tests.harness import own_client, quick_aws
from tests.harness.table import Images
from tests.harness.wire import Answer, Carrier, Exchange, Request, Wire

OPENAI_PATH = "/v1/"

_open: list[Wire] = []
_users: list[set[httpx2.HTTPTransport]] = []
_send_by_http = httpx2.HTTPTransport.handle_request


@contextmanager
def carried_by(wire: Wire) -> Iterator[None]:
    """Have every request of a function pass a wire while the block runs."""
    _open.append(wire)
    try:
        yield
    finally:
        _open.remove(wire)


@contextmanager
def used_by(transports: set[httpx2.HTTPTransport]) -> Iterator[None]:
    """Keep account of every transport that is used while the block runs: who uses it has to close it."""
    _users.append(transports)
    try:
        yield
    finally:
        _users.pop()


def _wire() -> Wire | None:
    return _open[-1] if _open and _open[-1].is_watched else None


# -- AWS ----------------------------------------------------------------------------------------------


def _send_to_aws(event_name: str, request: AWSPreparedRequest, **_more: Any) -> AWSResponse | None:
    wire = _wire()
    if wire is None:
        return _answer_of_aws(event_name, request)
    _, service, action = event_name.split(".")
    body = _json(request.body)

    def deliver(sent: Request) -> tuple[AWSResponse, Exchange]:
        images = Images(sent)
        answer = _answer_of_aws(event_name, request)
        assert answer is not None, "moto is on while a world is"
        read = None if service == "s3" else _json(answer.content)  # the function reads that stream itself
        return answer, Exchange(sent, answer.status_code, read, images.writes())

    carrier = Carrier(
        deliver=deliver,
        made_up=lambda answer: _aws_response(request.url, answer),
        unsent=EndpointConnectionError(endpoint_url=request.url),
        lost=ConnectionClosedError(endpoint_url=request.url),
    )
    return wire.send(service, action, body, carrier)


def _post(connections: Connections, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
    return quick_aws.posted(
        *own_client.named(headers),
        body,
        lambda: own_client.led_to(_send_to_aws, connections, headers, body),
    )


def _answer_of_aws(event_name: str, request: AWSPreparedRequest) -> AWSResponse | None:
    _, service, action = event_name.split(".")
    quick = quick_aws.served()
    if quick is None or service not in quick_aws.SERVICES:
        return botocore_stubber(event_name, request)
    answered = quick.answer(service, action, json.loads(request.body))
    if answered is None:
        return botocore_stubber(event_name, request)
    return _aws_response(request.url, Answer(*quick_aws.as_json(service, answered)))


def _aws_response(url: str, answer: Answer) -> AWSResponse:
    raw = MockRawResponse(json.dumps(answer.body))
    return AWSResponse(url, answer.status, HTTPHeaders.from_dict(answer.headers), raw)


# -- OpenAI -------------------------------------------------------------------------------------------


def _send_to_openai(transport: httpx2.HTTPTransport, request: httpx2.Request) -> httpx2.Response:
    wire = _wire()
    if _users:
        _users[-1].add(transport)
    if wire is None or not request.url.path.startswith(OPENAI_PATH):
        return _send_by_http(transport, request)

    def deliver(sent: Request) -> tuple[httpx2.Response, Exchange]:
        answer = _send_by_http(transport, request)
        content = answer.read()
        return answer, Exchange(sent, answer.status_code, _json(content))

    carrier = Carrier(
        deliver=deliver,
        made_up=_http_response,
        unsent=httpx2.ConnectError("the wire lost the request", request=request),
        lost=httpx2.ReadError("the wire lost the reply", request=request),
    )
    operation = f"{request.method} {request.url.path}"
    return wire.send("openai", operation, _json(request.content), carrier)


def _http_response(answer: Answer) -> httpx2.Response:
    """Write an answer as ASCII, which can say whatever JSON can."""
    headers = {"content-type": "application/json", **answer.headers}
    return httpx2.Response(answer.status, headers=headers, content=json.dumps(answer.body))


def _json(raw: Any) -> Any:
    """Read a body; one that is no JSON, or a stream (S3's), is not looked at."""
    try:
        return json.loads(raw) if raw else None
    except (TypeError, ValueError):
        return None


_models: dict[Any, Any] = {}


def _loader_with_shared_models(search_path: str | None = None) -> Loader:
    loader = create_loader(search_path)
    loader._cache = _models
    return loader


BUILTIN_HANDLERS[:] = [
    ("before-send", _send_to_aws) if spec[1] is botocore_stubber else spec for spec in BUILTIN_HANDLERS
]
Connections.post = _post  # type: ignore[method-assign]
# Each new instance makes a session of its own; the models of four hundred services are the same for all.
botocore.session.create_loader = _loader_with_shared_models
# Each tool's process makes a client of its own; certificates, read anew, would be half of its time.
default.create_ssl_context = cache(default.create_ssl_context)
httpx2.HTTPTransport.handle_request = _send_to_openai  # type: ignore[assignment, method-assign]

"""A backend of traces: it decodes what it is sent, as any that speaks OTLP over HTTP does."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as service


@dataclass
class Received:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def resource(self) -> dict[str, Any]:
        (resource_spans,) = self._request().resource_spans
        return attributes(resource_spans.resource.attributes)

    @property
    def spans(self) -> list[Any]:
        (resource_spans,) = self._request().resource_spans
        (scope_spans,) = resource_spans.scope_spans
        assert scope_spans.schema_url == "https://opentelemetry.io/schemas/1.41.0"
        return list(scope_spans.spans)

    def _request(self) -> Any:
        return service.ExportTraceServiceRequest.FromString(self.body)


@dataclass
class Backend:
    """What was sent, and what is answered next."""

    url: str = ""
    received: list[Received] = field(default_factory=list)
    answers: list[tuple[int, bytes]] = field(default_factory=list)


def attributes(values: Any) -> dict[str, Any]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in values}


class _Server(ThreadingHTTPServer):
    """Accepts what a stack of many tests sends, also while one runs that may not make a socket itself."""

    _socket_class = socket.socket  # as it is while the tests are collected, before pytest-socket guards it

    def get_request(self) -> tuple[socket.socket, Any]:
        descriptor, address = self.socket._accept()  # accept() itself makes a guarded one
        return self._socket_class(fileno=descriptor), address


@contextmanager
def receiving() -> Iterator[Backend]:
    """Receive traces while the block runs."""
    backend = Backend()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            backend.received.append(Received(self.path, headers, body))
            status, answer = backend.answers.pop(0) if backend.answers else (200, b"")
            self.send_response(status)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    with _Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        backend.url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield backend
        finally:
            server.shutdown()
            thread.join()

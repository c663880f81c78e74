"""OTLP over HTTP, in protobuf: what every backend takes."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from http import HTTPStatus

import urllib3
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as service
from opentelemetry.proto.common.v1 import common_pb2 as common
from opentelemetry.proto.resource.v1 import resource_pb2 as resource
from opentelemetry.proto.trace.v1 import trace_pb2 as trace

from functions.trace.headers import Headers
from functions.trace.spans import Attributes, Moment, Span, Value

PATH = "/v1/traces"
SCHEMA_URL = "https://opentelemetry.io/schemas/1.41.0"
CONTENT_TYPE = "application/x-protobuf"

PASSING = frozenset(
    {
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)
"""The statuses after which OTLP has a client send the same again."""

TIMEOUT = urllib3.Timeout(connect=3, read=10)

KINDS = {"internal": trace.Span.SPAN_KIND_INTERNAL, "client": trace.Span.SPAN_KIND_CLIENT}
SAMPLED = 1
"""The flag of W3C's trace context: whoever began the trace keeps it."""


class NotTakenError(Exception):
    """The backend did not take a trace.

    Attributes:
        status: What it answered; none if it did not.
        may_pass: Sending the same again may help.
    """

    def __init__(self, status: int | None, *, may_pass: bool) -> None:
        super().__init__("the backend did not take a trace")
        self.status = status
        self.may_pass = may_pass


class Exporter:
    """Sends spans to one backend."""

    def __init__(self, endpoint: str, headers: Headers, *, service_name: str) -> None:
        """Make it.

        Args:
            endpoint: As in `OTEL_EXPORTER_OTLP_ENDPOINT`: the path of traces is added to it.
            service_name: What the backend shows them under.
        """
        self._url = endpoint.rstrip("/") + PATH
        self._headers = headers
        self._service_name = service_name
        self._http = urllib3.PoolManager(timeout=TIMEOUT, retries=False)

    def send(self, spans: Iterable[Span]) -> None:
        """Send the spans of one trace.

        Raises:
            NotTakenError: They were not taken, or not all of them.
        """
        body = encoded(spans, self._service_name)
        status, answer = self._post(body, self._headers.read())
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN) and self._headers.have_changed():
            status, answer = self._post(body, self._headers.read())
        if status != HTTPStatus.OK:
            raise NotTakenError(status, may_pass=status in PASSING)
        if _rejected(answer):
            raise NotTakenError(status, may_pass=False)

    def _post(self, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        try:
            answer = self._http.request(
                "POST", self._url, body=body, headers={**headers, "Content-Type": CONTENT_TYPE}
            )
        except urllib3.exceptions.HTTPError as error:
            raise NotTakenError(None, may_pass=True) from error
        return answer.status, answer.data


def _rejected(answer: bytes) -> int:
    """Count the spans that a backend says it has dropped; what cannot be read says nothing."""
    try:
        return service.ExportTraceServiceResponse.FromString(answer).partial_success.rejected_spans
    except DecodeError:
        return 0


def encoded(spans: Iterable[Span], service_name: str) -> bytes:
    """Write spans as an OTLP request; the same ones are the same bytes."""
    scope = trace.ScopeSpans(
        scope=common.InstrumentationScope(name="runrelay"),
        spans=[_span(span) for span in spans],
        schema_url=SCHEMA_URL,
    )
    of = resource.Resource(attributes=_attributes({"service.name": service_name}))
    request = service.ExportTraceServiceRequest(
        resource_spans=[trace.ResourceSpans(resource=of, scope_spans=[scope], schema_url=SCHEMA_URL)]
    )
    return request.SerializeToString(deterministic=True)


def _span(span: Span) -> trace.Span:
    attributes = {**span.attributes, "error.type": span.error} if span.error else span.attributes
    code = trace.Status.STATUS_CODE_ERROR if span.error else trace.Status.STATUS_CODE_UNSET
    return trace.Span(
        trace_id=bytes.fromhex(span.context.trace_id),
        span_id=bytes.fromhex(span.context.span_id),
        parent_span_id=bytes.fromhex(span.parent_id or ""),
        name=span.name,
        kind=KINDS[span.kind],
        start_time_unix_nano=_nanoseconds(span.started_at),
        end_time_unix_nano=_nanoseconds(span.ended_at),
        attributes=_attributes(attributes),
        events=[_event(moment) for moment in span.moments],
        status=trace.Status(code=code),
        flags=SAMPLED,
    )


def _event(moment: Moment) -> trace.Span.Event:
    return trace.Span.Event(
        time_unix_nano=_nanoseconds(moment.at), name=moment.name, attributes=_attributes(moment.attributes)
    )


def _attributes(values: Attributes) -> list[common.KeyValue]:
    return [common.KeyValue(key=name, value=_value(value)) for name, value in values.items()]


def _value(value: Value) -> common.AnyValue:
    match value:
        case bool():
            return common.AnyValue(bool_value=value)
        case int():
            return common.AnyValue(int_value=value)
        case str():
            return common.AnyValue(string_value=value)


def _nanoseconds(moment: datetime) -> int:
    """Count from the epoch, exactly: moments are whole milliseconds."""
    return round(moment.timestamp() * 1000) * 1_000_000

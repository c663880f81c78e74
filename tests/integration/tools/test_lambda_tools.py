"""A tool that is a Lambda function: invoked once over HTTP, by an allowed name, and waited for so long."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from contracts import instant
from contracts.messages import CallMessage
from contracts.records import Call, Failure
from contracts.trace_context import call_span

from functions.tools import lambda_functions
from functions.tools.child import MAX_DETAIL_CHARACTERS, Lost, Raised, Returned, TimedOut
from functions.tools.lambda_functions import LambdaFunctions
from functions.tools.output import Output
from functions.tools.runner import Runner
from functions.tools.tool import Done, Tool, tool
from tests.harness.template import REGION, Template
from tests.integration.local_aws import CREDENTIALS

MESSAGE = CallMessage("run_1", 1, "call_1")


@dataclass
class Lambda:
    """Lambda's Invoke on loopback.

    Attributes:
        requests: The path and the body of each request.
    """

    url: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"null"
    seconds: float = 0
    requests: list[tuple[str, Any]] = field(default_factory=list)


@contextmanager
def served(service: Lambda) -> Iterator[Lambda]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            service.requests.append((self.path, json.loads(body)))
            time.sleep(service.seconds)
            self.send_response(service.status)
            for name, value in {**service.headers, "Content-Length": str(len(service.body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(service.body)

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign] # the client went away
    service.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def closing_after(says: bytes) -> Iterator[str]:
    """Serve whoever connects by reading a request, saying this much, and closing."""

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            self.rfile.readline()
            self.wfile.write(says)

    server = ThreadingTCPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def service(socket_enabled, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lambda]:
    lambda_functions.patient_client.cache_clear()
    with served(Lambda()) as service:
        for name, value in {**CREDENTIALS, "AWS_ENDPOINT_URL_LAMBDA": service.url}.items():
            monkeypatch.setenv(name, value)
        yield service
    lambda_functions.patient_client.cache_clear()


def invoke(seconds: float = 10) -> Any:
    return LambdaFunctions("runrelay-tool-").invoke("pricing", {"arguments": {}}, timeout_seconds=seconds)


@pytest.mark.parametrize(
    ("payload", "output"),
    [
        (b'"twelve \\u20ac"', "twelve €"),
        (b'{"cents": 1200}', '{"cents": 1200}'),
        (b"null", "null"),
        (b"[]", "[]"),
        (b"", ""),
        (b"not JSON", "not JSON"),
        (b'"\\ud800"', '"\\ud800"'),
        (b'"' + b"x" * 3_000_000 + b'"', "x" * 3_000_000),
    ],
    ids=["text", "object", "null", "list", "nothing", "not JSON", "half a surrogate pair", "long"],
)
def test_what_it_returns_is_the_output_text_as_it_is_and_anything_else_as_json(service, payload, output):
    service.body = payload

    assert invoke() == Returned(Output(output))
    assert service.requests == [
        ("/2015-03-31/functions/runrelay-tool-pricing/invocations", {"arguments": {}})
    ]


@pytest.mark.parametrize("kind", ["Unhandled", "Handled", "a word of a later version"])
def test_a_function_that_fails_keeps_its_words_to_people(service, kind):
    service.headers = {"X-Amz-Function-Error": kind}
    service.body = json.dumps({"errorType": "KeyError", "errorMessage": "'swordfish'"}).encode()

    assert invoke() == Raised(None, service.body.decode())


def test_a_long_failure_keeps_its_end(service):
    service.headers = {"X-Amz-Function-Error": "Handled"}
    service.body = b"x" * 100_000 + b"the end"

    ending = invoke()

    assert len(ending.detail) == MAX_DETAIL_CHARACTERS
    assert ending.detail.endswith("the end")


@pytest.mark.parametrize("status", [400, 403, 404, 429])
def test_a_function_that_cannot_be_invoked_has_failed_and_is_not_asked_twice(service, status):
    service.status = status
    service.body = b'{"Message": "no"}'

    ending = invoke()

    assert isinstance(ending, Raised)
    assert ending.for_model is None
    assert len(service.requests) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_function_that_lambda_had_trouble_with_may_have_run_and_is_not_asked_twice(service, status):
    service.status = status
    service.body = b'{"Message": "no"}'

    assert isinstance(invoke(), Lost)
    assert len(service.requests) == 1


GONE = {
    "timed out": {"errorType": "Sandbox.Timedout", "errorMessage": "Task timed out after 3.00 seconds"},
    "timed out, as it was told before": {"errorMessage": "2026-11-25T Task timed out after 3.00 seconds"},
    "exited": {"errorType": "Runtime.ExitError", "errorMessage": "Runtime exited with error"},
    "out of memory": {"errorType": "Runtime.OutOfMemory", "errorMessage": "signal: killed"},
    "its sandbox failed": {"errorType": "Sandbox.Failure"},
    "its answer is no JSON": {"errorType": "Runtime.MarshalError"},
    "its answer is too large": {"errorType": "Function.ResponseSizeTooLarge"},
    "an extension crashed": {"errorType": "Extension.Crash"},
    "a word of a later version": {"errorType": "Sandbox.Frozen"},
    "an odd type": {"errorType": 7},
    "no object": ["Runtime.ExitError"],
}


@pytest.mark.parametrize("said", GONE.values(), ids=GONE)
def test_a_function_whose_sandbox_is_gone_may_have_taken_effect(service, said):
    service.headers = {"X-Amz-Function-Error": "Unhandled"}
    service.body = json.dumps(said).encode()

    assert invoke() == Lost(service.body.decode())


@pytest.mark.parametrize(
    "error_type",
    [
        "KeyError",
        "errorString",
        "java.lang.IllegalStateException",
        "com.example.Runtime.Error",
        "Function<RuntimeError>",
        "runtime.boundsError",
        "Runtime.ImportModuleError",
        "Runtime.HandlerNotFound",
        "Runtime.UserCodeSyntaxError",
    ],
)
def test_a_handler_that_raised_or_was_never_called_is_an_answer(service, error_type):
    service.headers = {"X-Amz-Function-Error": "Unhandled"}
    service.body = json.dumps({"errorType": error_type, "errorMessage": "no"}).encode()

    assert invoke() == Raised(None, service.body.decode())


@pytest.mark.parametrize("said", [b"no", b'{"errorMessage": "no"}'], ids=["words", "no type"])
def test_a_handler_that_says_itself_that_it_failed_is_an_answer_whatever_it_says(service, said):
    service.headers = {"X-Amz-Function-Error": "Handled"}
    service.body = said

    assert invoke() == Raised(None, said.decode())


@pytest.mark.parametrize(
    "says",
    [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", b"HTTP/1.1 2"],
    ids=["at once", "in the answer", "in its first line"],
)
def test_a_connection_that_closes_before_the_whole_answer_leaves_it_open_what_happened(
    service, monkeypatch: pytest.MonkeyPatch, says
):
    with closing_after(says) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", url)
        lambda_functions.patient_client.cache_clear()

        assert isinstance(invoke(), Lost)


@pytest.mark.parametrize("body", [b"\xff", b"<html>"])
def test_an_answer_that_is_no_answer_never_raises(service, body):
    service.body = body

    assert isinstance(invoke(), Raised | Returned)


def test_a_function_that_is_slow_is_waited_for_no_longer_than_a_tool_and_not_asked_twice(service):
    service.seconds = 5
    started = time.monotonic()

    assert invoke(seconds=1) == TimedOut()

    assert time.monotonic() - started < 4
    assert len(service.requests) == 1


def test_a_function_that_nothing_serves_has_failed(service, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", "http://127.0.0.1:1")

    assert isinstance(invoke(), Raised)


def test_a_function_that_cannot_be_reached_has_failed_long_before_its_time_is_up(
    service, monkeypatch: pytest.MonkeyPatch
):
    with (
        socket.create_server(("127.0.0.1", 0), backlog=0) as full,
        socket.create_connection(full.getsockname()),
    ):
        monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", f"http://127.0.0.1:{full.getsockname()[1]}")
        started = time.monotonic()

        assert isinstance(invoke(seconds=60), Raised)

    assert time.monotonic() - started < 20


# -- as a tool ------------------------------------------------------------------------------------

type Recorder = Callable[..., Call]
type Reader = Callable[[], Call]


@dataclass
class Invoked:
    """A Lambda function that answers at once."""

    body: bytes = b"null"
    headers: dict[str, str] = field(default_factory=dict)
    events: list[Any] = field(default_factory=list)

    @property
    def functions(self) -> LambdaFunctions:
        return LambdaFunctions("runrelay-tool-", self._client)

    def _client(self, seconds: int) -> Any:
        client = boto3.client("lambda", region_name=REGION, config=Config(read_timeout=seconds))
        client.meta.events.register_first("before-send", self._send)
        return client

    def _send(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        self.events.append(json.loads(request.body))
        return AWSResponse(request.url, 200, self.headers, _Raw(self.body))


class _Raw:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield self._body

    def read(self, *_: Any, **__: Any) -> bytes:
        body, self._body = self._body, b""
        return body


def price_of(**declared: Any) -> Tool:
    @tool(**{"effect": "keyed", "lambda_function": "pricing", **declared})
    def price(sku: str, count: int) -> None:
        """Price some of an article."""

    return price


def pending(record: Recorder, *, arguments: str = '{"sku": "L-1", "count": 2}', **facts: Any) -> Call:
    return record(name="price", effect="keyed", arguments=f"inline:{arguments}", **facts)


def run(runner: Runner) -> None:
    runner.run(MESSAGE, owner="first", seconds_left=100)


def test_it_gets_the_arguments_as_the_model_wrote_them_and_the_context(
    runner_of, record: Recorder, recorded: Reader, told
):
    pending(record, metadata={"tenant": "acme"})
    pricing = Invoked(body=b'{"cents": 1200}')

    run(runner_of(price_of(), lambda_functions=pricing.functions))

    (event,) = pricing.events
    deadline = instant.from_text(event["context"].pop("deadline"))
    assert timedelta(seconds=20) < deadline - instant.now() <= timedelta(seconds=30)
    assert event == {
        "arguments": {"sku": "L-1", "count": 2},
        "context": {
            "run_id": "run_1",
            "call_id": "call_1",
            "idempotency_key": "run_1:1:call_1",
            "attempt": 1,
            "metadata": {"tenant": "acme"},
            "traceparent": str(call_span(recorded())),
        },
    }
    assert (recorded().outcome, recorded().output) == ("succeeded", 'inline:{"cents": 1200}')
    assert told() == ["call_ended"]


def test_its_failure_is_an_answer_with_the_details_for_people(runner_of, record: Recorder, recorded: Reader):
    pending(record)
    said = b'{"errorType": "KeyError", "errorMessage": "swordfish"}'
    pricing = Invoked(body=said, headers={"X-Amz-Function-Error": "Unhandled"})

    run(runner_of(price_of(), lambda_functions=pricing.functions))

    assert recorded().error == Failure("tool_failed", "The tool price failed.")
    assert recorded().detail == said.decode()


@pytest.mark.parametrize("wrap", [list, json.dumps], ids=["list", "string"])
def test_it_may_return_content_parts(runner_of, record: Recorder, recorded: Reader, wrap):
    parts = wrap([{"type": "input_file", "file_id": "file_1"}])
    pending(record)
    pricing = Invoked(body=json.dumps(parts).encode())

    run(runner_of(price_of(), lambda_functions=pricing.functions))

    assert recorded().outcome == "succeeded"
    assert recorded().output_type == ("content" if isinstance(parts, list) else None)


MAY_HAVE = "The tool price failed; it may or may not have taken effect."


@pytest.mark.parametrize(
    ("effect", "words"),
    [("pure", "The tool price failed."), ("keyed", MAY_HAVE), ("once", MAY_HAVE)],
)
def test_its_effect_decides_when_its_sandbox_is_gone(
    *, runner_of, record: Recorder, recorded: Reader, effect, words
):
    record(name="price", effect=effect, arguments='inline:{"sku": "L-1", "count": 2}')
    pricing = Invoked(
        body=b'{"errorType": "Sandbox.Timedout"}', headers={"X-Amz-Function-Error": "Unhandled"}
    )

    run(runner_of(price_of(effect=effect), lambda_functions=pricing.functions))

    assert (recorded().outcome, recorded().error) == ("failed", Failure("tool_died", words))


def test_a_person_is_asked_when_its_sandbox_is_gone(runner_of, record: Recorder, recorded: Reader, told):
    pending(record)
    pricing = Invoked(
        body=b'{"errorType": "Runtime.ExitError"}', headers={"X-Amz-Function-Error": "Unhandled"}
    )

    run(runner_of(price_of(when_unknown="ask_person"), lambda_functions=pricing.functions))

    assert (recorded().outcome, told()) == ("awaiting_decision", ["decision_needed"])
    assert recorded().attempts == 1


@pytest.mark.parametrize("arguments", ['{"sku": "L-1"}', '{"sku": "L-1", "count": "2"}', "{"])
def test_it_is_not_invoked_with_arguments_that_break_its_schema(
    *, runner_of, record: Recorder, recorded: Reader, arguments
):
    pending(record, arguments=arguments)
    pricing = Invoked()

    run(runner_of(price_of(), lambda_functions=pricing.functions))

    assert recorded().error.code == "invalid_arguments"  # type: ignore[union-attr]
    assert pricing.events == []


def test_it_is_not_invoked_before_a_person_approved(runner_of, record: Recorder, recorded: Reader, told):
    pending(record)
    pricing = Invoked()

    run(runner_of(price_of(approval=lambda count: count > 1), lambda_functions=pricing.functions))

    assert (recorded().outcome, pricing.events, told()) == ("awaiting_decision", [], ["decision_needed"])


def test_it_may_be_verified_like_any_tool(runner_of, record: Recorder, recorded: Reader):
    dead = {"outcome": "running", "owner": "dead", "fence": 1}
    record(
        name="price",
        effect="verify",
        arguments='inline:{"sku": "L-1", "count": 2}',
        lease_until=instant.now() - timedelta(seconds=1),
        **dead,
    )
    price, pricing = price_of(effect="verify"), Invoked()
    price.verify(lambda key, arguments: Done(f"{key} {arguments['count']}"))

    run(runner_of(price, lambda_functions=pricing.functions))

    assert (recorded().output, pricing.events) == ("inline:run_1:1:call_1 2", [])


# -- as deployed ----------------------------------------------------------------------------------


def test_only_functions_with_the_prefix_of_the_stack_may_be_invoked():
    template = Template({})
    prefix = template.environment("ToolFunction")["TOOL_FUNCTION_PREFIX"]

    statements = template.properties("ToolFunctionRole")["Policies"][0]["PolicyDocument"]["Statement"]

    (allowed,) = [each for each in statements if each["Action"] == "lambda:InvokeFunction"]
    assert prefix == "runrelay-tool-"
    assert allowed["Resource"]["Fn::Sub"].endswith(":function:${AWS::StackName}-tool-*")

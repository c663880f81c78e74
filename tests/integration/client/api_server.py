"""ApiFunction behind HTTP, as it is behind API Gateway; with faults on the way."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qs, unquote

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.harness.gateway import proxy_event
from tests.integration.local_aws import Deployed

STACKS = """<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/">
<DescribeStacksResult><Stacks><member><StackName>{name}</StackName><StackStatus>CREATE_COMPLETE</StackStatus>
<CreationTime>2026-11-21T09:30:00Z</CreationTime><Outputs>{outputs}</Outputs></member></Stacks>
</DescribeStacksResult></DescribeStacksResponse>"""
KEY, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
NO_STACK = """<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code>
<Message>Stack with id {name} does not exist</Message></Error></ErrorResponse>"""


@dataclass(frozen=True)
class Fault:
    """What a client gets in place of the answer.

    Attributes:
        status: None hangs up.
        is_done: Whether the request was done all the same.
    """

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = '{"message": "Service Unavailable"}'
    is_done: bool = False


@dataclass(frozen=True)
class Seen:
    """A request as it came over the wire."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass
class ApiServer:
    """The API of a stack.

    Attributes:
        keys: AWS access keys and their secrets; if there are any, requests must be signed.
        token: A request needs it if it is there.
        stacks: CloudFormation's outputs of stacks, by name.
    """

    deployed: Deployed
    url: str = ""
    keys: dict[str, str] = field(default_factory=dict)
    token: str | None = None
    region: str = "eu-central-1"
    stacks: dict[str, dict[str, str]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def answer(self, request: Seen) -> tuple[int, Mapping[str, str], str] | None:
        """Answer a request; None hangs up."""
        with self.lock:
            if request.target == "/":
                return self._stack(request)
            self.seen.append(request)
            fault = self.faults.pop(0) if self.faults else None
            if fault is None or fault.is_done:
                answer = self._entitled(request)
            if fault is None:
                return answer
            return None if fault.status is None else (fault.status, fault.headers, fault.body)

    def _entitled(self, request: Seen) -> tuple[int, Mapping[str, str], str]:
        authorizer: dict[str, Any] = {}
        if self.keys:
            key = self._key(request)
            if key is None:
                return HTTPStatus.FORBIDDEN, {"apigw-requestid": "abc="}, '{"message":"Forbidden"}'
            authorizer = {"iam": {"userArn": f"arn:aws:iam::1:user/{key}", "callerId": key, "accountId": "1"}}
        elif self.token:
            if request.headers.get("authorization") != f"Bearer {self.token}":
                return HTTPStatus.UNAUTHORIZED, {"apigw-requestid": "abc="}, '{"message":"Unauthorized"}'
            authorizer = {"jwt": {"claims": {"sub": "ada"}}}
        return self._function(request, authorizer)

    def _function(self, request: Seen, authorizer: dict[str, Any]) -> tuple[int, Mapping[str, str], str]:
        path, _, query = request.target.partition("?")
        event = proxy_event(
            request.method, unquote(path), headers=request.headers.items(), body=request.body, query=query
        )
        event["requestContext"]["authorizer"] = authorizer
        answer = self.deployed(event)
        doubled = {name: values[0] for name, values in answer.get("multiValueHeaders", {}).items()}
        headers = {**answer.get("headers", {}), **doubled, "apigw-requestid": "abc="}
        return answer["statusCode"], headers, answer.get("body", "")

    def _key(self, request: Seen) -> str | None:
        """Name the key that a request was signed with; None if its signature is none for what came."""
        algorithm, _, rest = request.headers.get("authorization", "").partition(" ")
        if algorithm != "AWS4-HMAC-SHA256":
            return None
        parts = dict(part.strip().split("=", 1) for part in rest.split(","))
        key, _, region, service, _ = parts["Credential"].split("/")
        if key not in self.keys or (region, service) != (self.region, "execute-api"):
            return None
        names = parts["SignedHeaders"].split(";")
        headers = {name: request.headers[name] for name in names}
        url = f"http://{request.headers['host']}{request.target}"
        again = AWSRequest(request.method, url, headers, data=request.body)
        again.context["timestamp"] = request.headers["x-amz-date"]
        signer = SigV4Auth(Credentials(key, self.keys[key]), service, region)
        to_sign = signer.string_to_sign(again, signer.canonical_request(again))
        is_right = signer.signature(to_sign, again) == parts["Signature"]
        return key if is_right and {"host", "x-amz-date"} <= {*names} else None

    def _stack(self, request: Seen) -> tuple[int, Mapping[str, str], str]:
        """Answer as CloudFormation does."""
        (name,) = parse_qs(request.body.decode())["StackName"]
        if name not in self.stacks:
            return 400, {}, NO_STACK.format(name=name)
        outputs = "".join(
            f"<member><OutputKey>{key}</OutputKey><OutputValue>{value}</OutputValue></member>"
            for key, value in self.stacks[name].items()
        )
        return 200, {}, STACKS.format(name=name, outputs=outputs)


@contextmanager
def serving(deployed: Deployed) -> Iterator[ApiServer]:
    """Serve the function on a port of this machine, for as long as the block lasts."""
    api = ApiServer(deployed)

    class Handler(BaseHTTPRequestHandler):
        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline(65537)
            if not self.raw_requestline or not self.parse_request():
                self.close_connection = True
                return
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", 0)))
            answer = api.answer(Seen(self.command, self.path, headers, body))
            self.close_connection = True
            if answer is None:
                return
            status, told, text = answer
            self.send_response(status)
            for name, value in {**told, "Content-Length": str(len(text.encode()))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        api.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield api
        finally:
            server.shutdown()
            thread.join()


def json_of(request: Seen) -> Any:
    return json.loads(request.body)

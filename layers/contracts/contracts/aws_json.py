"""AWS's JSON services without botocore, for functions whose start-up counts.

A client has botocore's words: `client.send_message(QueueUrl=..., ...)` gives the same dictionary, and what
AWS refuses is raised as `client.exceptions.ResourceNotFoundException`, with the same `response`. It knows no
service: a request is not validated, nor an answer. It can do what Lambda's own environment takes; of anything
else (a snapshot's credentials, a proxy, FIPS) `knows` says that it does not, and botocore is asked.
See docs/decisions/0029-a-leaner-client-of-aws.md.
"""

import json
import random
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from http.client import HTTPException
from typing import Any

from contracts.aws_connection import Connections
from contracts.aws_signature import Signer
from contracts.errors import RunrelayError

OK = 200
PASSING_STATUSES = frozenset({429, 500, 502, 503, 504})
PASSING_CODES = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottledException",
        "RequestThrottled",
        "TooManyRequestsException",
        "ProvisionedThroughputExceededException",
        "TransactionInProgressException",
        "RequestLimitExceeded",
        "BandwidthLimitExceeded",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "RequestTimeout",
        "RequestTimeoutException",
    }
)
"""What botocore's standard mode tries again."""

_PLAIN_REGION = re.compile(r"(?!cn-)(?!us-iso)[a-z]{2}(-gov)?-[a-z]+-\d")
"""A region whose hosts are under `amazonaws.com`."""

_ASKS_FOR_MORE = (
    *("AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"),
    *("AWS_PROFILE", "AWS_CONFIG_FILE", "AWS_WEB_IDENTITY_TOKEN_FILE"),
    *("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"),
    *("AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"),
)
SNAPSHOT = "snap-start"


class AwsTroubleError(RunrelayError):
    """AWS did not do what it was asked."""


class AwsError(AwsTroubleError):
    """AWS refused, or answered what is no answer.

    Attributes:
        response: As botocore's: the code at `["Error"]["Code"]`, beside what else AWS said.
    """

    def __init__(self, operation: str, response: Mapping[str, Any]) -> None:
        said = response["Error"]
        super().__init__(f"{operation}: {said['Code']}: {said['Message']}")
        self.response = response


class AwsUnreachableError(AwsTroubleError):
    """No answer came; whether the request was applied, nobody knows."""


@dataclass(frozen=True, slots=True)
class Service:
    """What there is to know of a service.

    Attributes:
        name: In its hosts and signatures.
        target: Before the operation, in the header that names it.
        setting: In the variable that names another endpoint.
    """

    name: str
    target: str
    version: str
    setting: str


SERVICES = {
    "sqs": Service("sqs", "AmazonSQS", "1.0", "SQS"),
    "secretsmanager": Service("secretsmanager", "secretsmanager", "1.1", "SECRETS_MANAGER"),
    "dynamodb": Service("dynamodb", "DynamoDB_20120810", "1.0", "DYNAMODB"),
    "events": Service("events", "AWSEvents", "1.1", "EVENTBRIDGE"),
}


def knows(environ: Mapping[str, str]) -> bool:
    """Say whether an environment is one that this module knows: a plain function's."""
    return (
        bool(environ.get("AWS_ACCESS_KEY_ID") and environ.get("AWS_SECRET_ACCESS_KEY"))
        and _PLAIN_REGION.fullmatch(_region(environ)) is not None
        and environ.get("AWS_INITIALIZATION_TYPE") != SNAPSHOT
        and not any(environ.get(name) for name in _ASKS_FOR_MORE)
    )


def _region(environ: Mapping[str, str]) -> str:
    return environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or ""


class Exceptions:
    """The classes of what a service refuses, by AWS's codes."""

    def __getattr__(self, code: str) -> type[AwsError]:
        return error_class(code)


@cache
def error_class(code: str) -> type[AwsError]:
    """Give the class of what AWS refuses with a code."""
    return type(code, (AwsError,), {})


class AwsJson:
    """A client of one service.

    Attributes:
        connections: Where its requests go.
    """

    exceptions = Exceptions()

    def __init__(
        self,
        service: str,
        environ: Mapping[str, str],
        *,
        connect_timeout: float,
        read_timeout: float,
        attempts: int = 2,
    ) -> None:
        """Make it of what Lambda says in the environment; credentials there stay as they are.

        Args:
            attempts: How often a request is sent at most, if what comes of it may pass.
        """
        self.service = SERVICES[service]
        self._attempts = attempts
        self._signer = Signer(
            environ["AWS_ACCESS_KEY_ID"],
            environ["AWS_SECRET_ACCESS_KEY"],
            environ.get("AWS_SESSION_TOKEN"),
            self.service.name,
            _region(environ),
        )
        self.connections = Connections(
            self._endpoint(environ), connect_timeout=connect_timeout, read_timeout=read_timeout
        )

    def _endpoint(self, environ: Mapping[str, str]) -> str:
        named = environ.get(f"AWS_ENDPOINT_URL_{self.service.setting}") or environ.get("AWS_ENDPOINT_URL")
        if named and environ.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() != "true":
            return named
        return f"https://{self.service.name}.{_region(environ)}.amazonaws.com"

    def __getattr__(self, method: str) -> Callable[..., dict[str, Any]]:
        """Name an operation as botocore does."""
        if method.startswith("_"):
            raise AttributeError(method)
        return partial(self.call, "".join(map(str.capitalize, method.split("_"))))

    def get_paginator(self, method: str) -> "Pages":
        """Give what asks for page after page, as DynamoDB has them."""
        return Pages(getattr(self, method))

    def call(self, operation: str, /, **words: Any) -> dict[str, Any]:  # noqa: ANN401 - AWS's words
        """Have an operation done.

        Raises:
            AwsError: AWS refuses; as the class of its code.
            AwsUnreachableError: It does not answer.
        """
        body = json.dumps(words, separators=(",", ":")).encode()
        for attempt in range(1, self._attempts + 1):
            try:
                status, content = self._send(operation, body)
            except (OSError, HTTPException) as error:
                if attempt == self._attempts:
                    raise AwsUnreachableError(f"{operation}: {type(error).__name__}") from error
            else:
                said = _object(content)
                if status == OK and said is not None:
                    return said
                refused = _refused(operation, status, said or {})
                if attempt == self._attempts or not _may_pass(status, refused):
                    raise refused
            time.sleep(random.random())  # noqa: S311 - so that not all come back together
        raise AssertionError("an attempt returns or raises")

    def _send(self, operation: str, body: bytes) -> tuple[int, bytes]:
        headers = {
            "content-type": f"application/x-amz-json-{self.service.version}",
            "host": self.connections.host,
            "x-amz-target": f"{self.service.target}.{operation}",
        }
        at = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        return self.connections.post(self._signer.signed(headers, body, at), body)


@dataclass(frozen=True, slots=True)
class Pages:
    """Has an operation of DynamoDB done page by page."""

    do: Callable[..., dict[str, Any]]

    def paginate(self, **words: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - AWS's words
        """Give the pages, each asked for when it is needed."""
        page = self.do(**words)
        yield page
        while last := page.get("LastEvaluatedKey"):
            page = self.do(**words, ExclusiveStartKey=last)
            yield page


def _object(content: bytes) -> dict[str, Any] | None:
    """Read an answer; SQS has nothing to say to some requests, and a proxy's page is none."""
    try:
        said = json.loads(content or b"{}")
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None


def _refused(operation: str, status: int, said: Mapping[str, Any]) -> AwsError:
    """Say what AWS refused, or that its answer is none."""
    named = str(said.get("__type") or said.get("code") or status)
    code = named.rpartition("#")[2].partition(":")[0]
    code = code if code.isascii() and code.isprintable() else str(status)  # it names a class
    message = str(said.get("message") or said.get("Message") or "")
    return error_class(code)(operation, {**said, "Error": {"Code": code, "Message": message}})


def _may_pass(status: int, refused: AwsError) -> bool:
    return status in PASSING_STATUSES or refused.response["Error"]["Code"] in PASSING_CODES

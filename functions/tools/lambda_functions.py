"""Lambda functions that are tools: invoked once, and waited for no longer than a tool may take.

What Lambda says of a function that failed tells three endings apart:

| | ending |
|---|---|
| its code raised (`KeyError`, `java.lang.Error`) | an answer, like a tool's that raised |
| it never began (no such function, throttled, its module cannot be imported) | the same |
| whoever ran it, or its answer, is gone (`Sandbox.Timedout`, a 5xx, a closed connection) | lost |
"""

import re
from collections.abc import Callable
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    ProxyConnectionError,
    ReadTimeoutError,
)
from pydantic_core import from_json, to_json

from functions.tools.child import Ending, Lost, Raised, Returned, TimedOut, end_of
from functions.tools.output import Output, output_of_json

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

CONNECT_SECONDS = 3

_OF_THE_PLATFORM = re.compile(r"(Runtime|Sandbox|Extension|Function|Init|Lambda|Platform)\.\w+")
"""What Lambda itself calls an error; those of a handler have the names of its own language."""

BEFORE_THE_HANDLER = frozenset(
    {
        "Extension.LaunchError",
        "Runtime.HandlerNotFound",
        "Runtime.ImportModuleError",
        "Runtime.InvalidEntrypoint",
        "Runtime.InvalidTaskConfig",
        "Runtime.InvalidWorkingDir",
        "Runtime.MalformedHandlerName",
        "Runtime.NoSuchHandler",
        "Runtime.UserCodeSyntaxError",
    }
)
"""Errors that the platform, or the runtime, has before it calls the handler."""

NEVER_SENT = (
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    ProxyConnectionError,
)


@lru_cache(maxsize=8)
def patient_client(seconds: int) -> "LambdaClient":
    """Make a client that waits so long for an answer and never asks twice; only who needs one pays for it."""
    return boto3.client(
        "lambda",
        config=Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=seconds,
            retries={"total_max_attempts": 1},
            tcp_keepalive=True,
        ),
    )


class LambdaFunctions:
    """Invokes the functions whose names begin with a prefix; no others are allowed to be."""

    def __init__(self, prefix: str, client: Callable[[int], "LambdaClient"] = patient_client) -> None:
        self._prefix = prefix
        self._client = client

    def invoke(self, name: str, event: Any, *, timeout_seconds: float) -> Ending[Output]:  # noqa: ANN401 - any JSON
        """Invoke a function and say how it ended, as if it had been run in a child process."""
        try:
            answer = self._client(max(1, int(timeout_seconds))).invoke(
                FunctionName=self._prefix + name, Payload=to_json(event)
            )
            said = answer["Payload"].read()
        except ReadTimeoutError:
            return TimedOut()
        except Exception as error:  # noqa: BLE001 - whatever an invocation raises is an answer
            detail = end_of(f"{type(error).__name__}: {error}")
            return Raised(None, detail) if _was_never_begun(error) else Lost(detail)
        if kind := answer.get("FunctionError"):
            return _failed(kind, said.decode("utf-8", "replace"))
        return Returned(output_of_json(said))


def _was_never_begun(error: Exception) -> bool:
    """Say whether a request that failed has certainly begun nothing."""
    if isinstance(error, ClientError):
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        return HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    return isinstance(error, NEVER_SENT)


def _failed(kind: str, said: str) -> Raised | Lost:
    """Tell a handler that raised from one of which nobody knows how far it came."""
    detail = end_of(said)
    name = _error_type(said)
    if name in BEFORE_THE_HANDLER or (name is None and kind == "Handled"):
        return Raised(None, detail)
    if name is None or _OF_THE_PLATFORM.fullmatch(name):
        return Lost(detail)
    return Raised(None, detail)


def _error_type(said: str) -> str | None:
    """Read an error's type; what ends a sandbox may name none, only that the task timed out."""
    try:
        error = from_json(said)
    except ValueError:
        return None
    name = error.get("errorType") if isinstance(error, dict) else None
    return name if isinstance(name, str) and name else None

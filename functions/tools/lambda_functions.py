"""Lambda functions that are tools: invoked once, and waited for no longer than a tool may take."""

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import ReadTimeoutError
from pydantic_core import from_json, to_json

from functions.tools.child import MAX_DETAIL_CHARACTERS, Ending, Raised, Returned, TimedOut

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

CONNECT_SECONDS = 3


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

    def invoke(self, name: str, event: Any, *, timeout_seconds: float) -> Ending[str]:  # noqa: ANN401 - any JSON
        """Invoke a function and say how it ended, as if it had been run in a child process."""
        try:
            answer = self._client(max(1, int(timeout_seconds))).invoke(
                FunctionName=self._prefix + name, Payload=to_json(event)
            )
            said = answer["Payload"].read().decode()
        except ReadTimeoutError:
            return TimedOut()
        except Exception as error:  # noqa: BLE001 - whatever an invocation raises is an answer
            return Raised(None, _end(f"{type(error).__name__}: {error}"))
        if "FunctionError" in answer:
            return Raised(None, _end(said))
        return Returned(_text(said))


def _text(payload: str) -> str:
    """Take a JSON string for its text and anything else as it is."""
    try:
        value = from_json(payload)
    except ValueError:  # a runtime of one's own may answer with anything
        return payload
    return value if isinstance(value, str) else payload


def _end(detail: str) -> str:
    return detail[-MAX_DETAIL_CHARACTERS:]

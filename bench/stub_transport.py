"""AWS and OpenAI without a network: every request is answered at once, or after the time it is given.

It stands where botocore, the webhook function's own client and httpx2 would open a connection, so whatever
they do before and after that is done.
"""

import io
import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import httpx2
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.httpsession import URLLib3Session
from contracts.aws_connection import Connections

PLACES = 3
"""So many last characters of an id number the record that a request is about."""


def numbered(text: str, ids: Sequence[str], number: int) -> str:
    """Write a text as it is about another record."""
    for each in ids:
        text = text.replace(each, f"{each[:-PLACES]}{number:0{PLACES}}")
    return text


class Replay:
    """Answers the requests of each record as they were answered once, in order."""

    def __init__(
        self, answers: Sequence[tuple[str, Any]], ids: Sequence[str], others: dict[str, Any]
    ) -> None:
        """Keep the answers.

        Args:
            others: What is answered to operations that are asked for now and then.
        """
        self.seconds_of_openai = 0.0
        self._answers = [(operation, json.dumps(answer)) for operation, answer in answers]
        self._ids = ids
        self._others = {operation: json.dumps(answer) for operation, answer in others.items()}
        self._at: dict[int, int] = {}
        self._lock = threading.Lock()

    def answer(self, operation: str, asked: str) -> bytes:
        """Answer one request."""
        if operation in self._others:
            return self._others[operation].encode()
        number = self._number(asked)
        with self._lock:
            at = self._at.get(number, 0)
            self._at[number] = (at + 1) % len(self._answers)
        expected, text = self._answers[at]
        assert operation == expected, f"{operation} where {expected} was recorded"
        return numbered(text, self._ids, number).encode()

    def _number(self, asked: str) -> int:
        for each in self._ids:
            _, found, rest = asked.partition(each[:-PLACES])
            if found and rest[:PLACES].isdigit():
                return int(rest[:PLACES])
        raise AssertionError(f"a request about no record: {asked}")


class _Raw(io.BytesIO):
    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        yield self.read()


@contextmanager
def replayed(replay: Replay) -> Iterator[None]:
    """Have every request answered by a replay while the block runs."""

    def send(_session: URLLib3Session, request: AWSPreparedRequest) -> AWSResponse:
        content = replay.answer(_operation(_text(request.headers["X-Amz-Target"])), _text(request.body))
        headers: Any = {"content-type": "application/x-amz-json-1.0"}
        return AWSResponse(request.url, 200, headers, _Raw(content))

    def post(_connections: Connections, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        return 200, replay.answer(_operation(headers["x-amz-target"]), body.decode())

    def handle(_transport: httpx2.HTTPTransport, request: httpx2.Request) -> httpx2.Response:
        time.sleep(replay.seconds_of_openai)
        content = replay.answer(request.method, str(request.url))
        return httpx2.Response(200, headers={"content-type": "application/json"}, content=content)

    with (
        patch.object(URLLib3Session, "send", send),
        patch.object(Connections, "post", post),
        patch.object(httpx2.HTTPTransport, "handle_request", handle),
    ):
        yield


def _operation(target: str) -> str:
    return target.rpartition(".")[2]


def _text(body: object) -> str:
    return body.decode() if isinstance(body, bytes) else str(body)

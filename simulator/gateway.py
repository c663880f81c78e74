"""The front of `/v1`: who may enter, what every answer carries, which faults strike, and the journal."""

import asyncio
import time
from collections.abc import MutableMapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from simulator.faults import Faults
from simulator.journal import Entry, Journal, json_or_none
from simulator.serving import HANG_UP
from simulator.wire.asides import blamed, stream_of
from simulator.wire.errors import ApiError
from simulator.wire.identifiers import new_id

REQUESTS_PER_MINUTE = 10_000
TOKENS_PER_MINUTE = 2_000_000
FAULT_MESSAGES = {
    429: "Rate limit reached for requests. Please try again later.",
    500: "The server had an error while processing your request. Sorry about that!",
    503: "The server is currently overloaded. Please try again later.",
}


class Gateway:
    """An ASGI application around the one that does the work."""

    def __init__(self, app: ASGIApp, *, journal: Journal, faults: Faults, api_key: str | None) -> None:
        self._app = app
        self._journal = journal
        self._faults = faults
        self._api_key = api_key

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        request = Request(scope, receive)
        raw = await request.body()
        entry = self._journal.add(_entry(request, raw))

        answer = self._refuse_stranger(request) or await self._strike(request, entry)
        answer = answer or await _ask(self._app, scope, raw)
        if entry.fault == "lost_answer":
            await _hang_up(scope, receive)
            return

        entry.fault = entry.fault or blamed(scope)
        entry.status, entry.response = answer.status_code, json_or_none(bytes(answer.body))
        whole = stream_of(scope) or answer
        whole.headers.update(_standard_headers(whole.status_code, time.perf_counter() - started))
        await whole(scope, receive, send)

    def _refuse_stranger(self, request: Request) -> Response | None:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not key.strip():
            message = "You didn't provide an API key. You need to provide it in an Authorization header."
        elif self._api_key is not None and key.strip() != self._api_key:
            message = "Incorrect API key provided."
        else:
            return None
        return ApiError(401, message, code="invalid_api_key").answer()

    async def _strike(self, request: Request, entry: Entry) -> Response | None:
        fate = self._faults.draw_request(request.method, request.url.path)
        await asyncio.sleep(fate.slow_seconds)
        if fate.is_answer_lost:
            entry.fault = "lost_answer"
        if fate.status is None:
            return None
        entry.fault = str(fate.status)
        return self._fault_answer(fate.status)

    def _fault_answer(self, status: int) -> Response:
        api = self._faults.api
        message = FAULT_MESSAGES.get(status, f"The simulator was told to answer {status}.")
        kind, code = _fault_kind(status)
        if api.code is not None:
            kind, code = _kind_of(api.code, kind), api.code
        answer = ApiError(status, message, code=code, kind=kind).answer()
        if status in (429, 503):
            answer.headers["retry-after"] = f"{api.retry_after:g}"
            answer.headers["retry-after-ms"] = str(round(api.retry_after * 1000))
        return answer


def _fault_kind(status: int) -> tuple[str, str | None]:
    match status:
        case 401:
            return "invalid_request_error", "invalid_api_key"
        case 429:
            return "requests", "rate_limit_exceeded"
        case _ if status >= 500:  # noqa: PLR2004 - where HTTP draws the line
            return "server_error", None
        case _:
            return "invalid_request_error", None


def _kind_of(code: str, otherwise: str) -> str:
    billing_stops = (
        "insufficient_quota",
        "credit_balance_exhausted",
        "project_spend_limit_exceeded",
        "organization_spend_limit_exceeded",
        "organization_usage_limit_exceeded",
    )
    return "insufficient_quota" if code in billing_stops else otherwise


def _entry(request: Request, raw: bytes) -> Entry:
    retries = request.headers.get("x-stainless-retry-count", "0")
    return Entry(
        kind="request",
        method=request.method,
        path=request.url.path,
        request=json_or_none(raw),
        attempt=1 + (int(retries) if retries.isdigit() else 0),
    )


async def _ask(app: ASGIApp, scope: Scope, raw: bytes) -> Response:
    """Run the application to its end before any of its answer goes out."""
    answer = Response()

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": raw, "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            answer.status_code, answer.raw_headers = message["status"], list(message["headers"])
        else:
            answer.body = bytes(answer.body) + message.get("body", b"")

    await app(scope, receive, send)
    return answer


async def _hang_up(scope: Scope, receive: Receive) -> None:
    """Close the connection without a word, which ASGI has no message for."""
    scope["extensions"][HANG_UP]()
    while (await receive())["type"] != "http.disconnect":
        pass


def _standard_headers(status: int, seconds: float) -> dict[str, str]:
    is_limited = status == 429  # noqa: PLR2004
    return {
        "x-request-id": new_id("req"),
        "openai-processing-ms": f"{seconds * 1000:.0f}",
        "openai-version": "2020-10-01",
        "x-ratelimit-limit-requests": str(REQUESTS_PER_MINUTE),
        "x-ratelimit-remaining-requests": "0" if is_limited else str(REQUESTS_PER_MINUTE - 1),
        "x-ratelimit-reset-requests": "1s" if is_limited else "6ms",
        "x-ratelimit-limit-tokens": str(TOKENS_PER_MINUTE),
        "x-ratelimit-remaining-tokens": str(TOKENS_PER_MINUTE - 1_000),
        "x-ratelimit-reset-tokens": "30ms",
    }

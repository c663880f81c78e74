"""The front of `/v1`: who may enter, what every answer carries, which faults strike, and the journal."""

import asyncio
import time
from collections.abc import MutableMapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from simulator.fault_answers import cut, cut_stream, page_answer, refusal, status_answer
from simulator.faults import Faults
from simulator.journal import Entry, Journal, json_or_none
from simulator.serving import HANG_UP
from simulator.wire.asides import blamed, stream_of
from simulator.wire.errors import ApiError
from simulator.wire.identifiers import new_id

REQUESTS_PER_MINUTE = 10_000
TOKENS_PER_MINUTE = 2_000_000
LIMITED = 429
# The faults whose answer comes from something between OpenAI and the client.
NOT_OF_OPENAI = ("proxy_page", "empty_403")


class Gateway:
    """An ASGI application around the one that does the work."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        journal: Journal,
        faults: Faults,
        api_key: str | None,
    ) -> None:
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
        self._note(entry)
        stream = stream_of(scope)
        if entry.fault == "half_json" and stream:
            cut_stream(stream, scope["extensions"][HANG_UP])
        elif entry.fault == "half_json":
            cut(answer)
            entry.response = None
        whole = stream or answer
        if entry.fault not in NOT_OF_OPENAI:
            whole.headers.update(_standard_headers(entry, time.perf_counter() - started))
        await whole(scope, receive, send)

    def _note(self, entry: Entry) -> None:
        """Note what a request has created."""
        match entry:
            case Entry(method="POST", status=200, response={"id": str(resource_id)}):
                self._faults.note_created(resource_id)

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
        method, path = request.method, request.url.path
        fate = self._faults.draw_request(method, path)
        await asyncio.sleep(fate.slow_seconds)
        if fate.status is not None:
            api = self._faults.api
            entry.fault = str(fate.status)
            return status_answer(fate.status, code=api.code, retry_after=api.retry_after)
        if fate.page is not None:
            entry.fault = fate.page
            return page_answer(fate.page)
        if refused := refusal(self._faults, method, path, entry.request):
            entry.fault, error = refused
            return error.answer()
        if fate.is_answer_lost:
            entry.fault = "lost_answer"
        elif fate.is_cut:
            entry.fault = "half_json"
        return None


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


def _standard_headers(entry: Entry, seconds: float) -> dict[str, str]:
    always = {
        "x-request-id": new_id("req"),
        "openai-processing-ms": f"{seconds * 1000:.0f}",
        "openai-version": "2020-10-01",
    }
    return always | (_limits(is_reached=entry.status == LIMITED) if _is_limited(entry) else {})


def _is_limited(entry: Entry) -> bool:
    """Say whether OpenAI tells the limits: where a model is asked, not where something is looked up."""
    match entry:
        case Entry(method="POST", path="/v1/responses", status=200):
            return True
        case Entry(status=429, response={"error": {"code": "rate_limit_exceeded"}}):
            return True
        case _:
            return False


def _limits(*, is_reached: bool) -> dict[str, str]:
    return {
        "x-ratelimit-limit-requests": str(REQUESTS_PER_MINUTE),
        "x-ratelimit-remaining-requests": "0" if is_reached else str(REQUESTS_PER_MINUTE - 1),
        "x-ratelimit-reset-requests": "1s" if is_reached else "6ms",
        "x-ratelimit-limit-tokens": str(TOKENS_PER_MINUTE),
        "x-ratelimit-remaining-tokens": str(TOKENS_PER_MINUTE - 1_000),
        "x-ratelimit-reset-tokens": "30ms",
    }

"""What a fault answers instead of the work: OpenAI's errors, and what is not OpenAI's at all."""

from collections.abc import AsyncIterator, Callable

from starlette.responses import HTMLResponse, Response, StreamingResponse

from simulator.faults import Faults, Page
from simulator.wire.errors import ApiError, conversation_locked, invalid, not_found

MESSAGES = {
    429: "Rate limit reached for requests. Please try again later.",
    500: "The server had an error while processing your request. Sorry about that!",
    503: "The server is currently overloaded. Please try again later.",
}
BILLING_STOPS = (
    "insufficient_quota",
    "credit_balance_exhausted",
    "project_spend_limit_exceeded",
    "organization_spend_limit_exceeded",
    "organization_usage_limit_exceeded",
)
OUT_OF_QUOTA = (
    "You exceeded your current quota, please check your plan and billing details. For more information on "
    "this error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors."
)
PROXY_PAGE = """<html>
<head><title>502 Bad Gateway</title></head>
<body>
<center><h1>502 Bad Gateway</h1></center>
<hr><center>cloudflare</center>
</body>
</html>
"""


def status_answer(status: int, *, code: str | None, retry_after: float) -> Response:
    """Make an error of OpenAI's; one that passes says when to come back, which a billing stop does not."""
    kind, usual_code = _kind(status)
    is_billing_stop = code in BILLING_STOPS
    message = MESSAGES.get(status, f"The simulator was told to answer {status}.")
    answer = ApiError(
        status,
        OUT_OF_QUOTA if is_billing_stop else message,
        code=code or usual_code,
        kind="insufficient_quota" if is_billing_stop else kind,
    ).answer()
    if status in (429, 503) and not is_billing_stop:
        answer.headers["retry-after"] = f"{retry_after:g}"
        answer.headers["retry-after-ms"] = str(round(retry_after * 1000))
    return answer


def page_answer(page: Page) -> Response:
    """Make an answer that does not come from OpenAI: it has none of its headers and no JSON."""
    if page == "proxy_page":
        return HTMLResponse(PROXY_PAGE, status_code=502)
    return Response(status_code=403)


def cut(answer: Response) -> None:
    """Let an answer break off in the middle."""
    answer.body = bytes(answer.body)[: len(answer.body) // 2]
    answer.headers["content-length"] = str(len(answer.body))


def cut_stream(stream: StreamingResponse, hang_up: Callable[[], None]) -> None:
    """Let a stream break off in the middle of its second event, with the connection."""
    chunks = stream.body_iterator

    async def halves() -> AsyncIterator[bytes]:
        at = 0
        async for chunk in chunks:
            at += 1
            whole = chunk.encode() if isinstance(chunk, str) else bytes(chunk)
            yield whole if at == 1 else whole[: len(whole) // 2]
            if at > 1:
                hang_up()
                return

    stream.body_iterator = halves()


def refusal(faults: Faults, method: str, path: str, body: object) -> tuple[str, ApiError] | None:
    """Find the fault that strikes a request for what it names, and its answer."""
    hidden = faults.still_hidden(method, path)
    if hidden:
        return "not_found_seconds", not_found(f"{_kind_of(hidden)} with id '{hidden}' not found.")
    asked = body if isinstance(body, dict) else {}
    previous, conversation = asked.get("previous_response_id"), asked.get("conversation")
    if isinstance(previous, str) and faults.draw_previous_not_found(method, path, previous):
        message = f"Previous response with id '{previous}' not found."
        code = "previous_response_not_found"
        return code, invalid("previous_response_id", message, code=code)
    if conversation and faults.draw_conversation_locked(method, path):
        return "conversation_locked", conversation_locked()
    return None


def _kind(status: int) -> tuple[str, str | None]:
    match status:
        case 401:
            return "invalid_request_error", "invalid_api_key"
        case 429:
            return "requests", "rate_limit_exceeded"
        case _ if status >= 500:  # noqa: PLR2004 - where HTTP draws the line
            return "server_error", None
        case _:
            return "invalid_request_error", None


def _kind_of(resource_id: str) -> str:
    kinds = {"resp": "Response", "conv": "Conversation", "sess": "Session"}
    prefix = resource_id.partition("_")[0]
    return kinds.get(prefix, prefix.capitalize())

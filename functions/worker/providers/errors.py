"""The SDK's errors in our words, each translated once.

The status and the code decide, never the text. A 429 that says the money is spent is a refusal: no waiting
helps. A refusal without OpenAI's error object is not OpenAI's: a proxy's, which passes or is mended. Nor is
such a 500, 502 or 504: it does not say whether what was asked for is done. Codes: openai-python's exception
tree and the error codes of the API reference.
"""

import httpx2
import openai
from contracts.errors import (
    AnswerLostError,
    DoubtfulError,
    NotKnownError,
    ProviderBusyError,
    ProviderError,
    ProviderRefusedError,
)

from functions.worker.providers.plain_json import Object, failure, object_in, read_object, text_in
from functions.worker.providers.retry_after import seconds_asked_for

BILLING_CODES = frozenset(
    {
        "billing_not_active",
        "credit_balance_exhausted",
        "insufficient_quota",
        "organization_spend_limit_exceeded",
        "organization_usage_limit_exceeded",
        "project_spend_limit_exceeded",
    }
)
RETRIED_CODES = frozenset({"conversation_locked"})
DOUBTFUL_CODES = frozenset({"previous_response_not_found"})
"""A response is known to the next create a little later than to us: 33 s were measured elsewhere."""

TIMED_OUT = 408
RATE_LIMITED = 429
RETRIED_STATUSES = frozenset({TIMED_OUT, 409, 425, RATE_LIMITED})
REFUSED_TO_ALL = frozenset({401, 403})
NOT_FOUND = 404
SERVER_ERROR = 500
UNAVAILABLE = 503

_NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)


def translate(error: openai.APIError) -> ProviderError:
    """Say what the caller does next."""
    if isinstance(error, openai.APIStatusError):
        return _translate_status(error)
    if isinstance(error, openai.APIConnectionError) and isinstance(error.__cause__, _NEVER_SENT):
        return ProviderBusyError("the provider is out of reach", is_for_all=True)
    return AnswerLostError("the provider's answer did not come")


def _translate_status(error: openai.APIStatusError) -> ProviderError:
    status, kind = error.status_code, text_in(error.type)
    words = failure(error.code or kind or f"http_{status}", error.message)
    is_openais = _is_openais(read_object(error.response.content))
    if words.code in BILLING_CODES or kind in BILLING_CODES:
        return ProviderRefusedError(words.code, words.message, is_of_account=True)
    if status >= SERVER_ERROR or status in RETRIED_STATUSES or words.code in RETRIED_CODES:
        trouble = ProviderBusyError if is_openais or not _may_be_done(status) else AnswerLostError
        return trouble(
            words.code,
            retry_after_seconds=seconds_asked_for(error.response.headers),
            is_for_all=status == RATE_LIMITED or status >= SERVER_ERROR,
        )
    if not is_openais:
        return _of_a_proxy(status)
    if status == NOT_FOUND:
        return NotKnownError(words.message)
    if words.code in DOUBTFUL_CODES:
        return DoubtfulError(words.code, words.message)
    return ProviderRefusedError(words.code, words.message, is_of_account=status in REFUSED_TO_ALL)


def _may_be_done(status: int) -> bool:
    """Say whether a gateway's status leaves open what became of the request; 503 says that nothing did."""
    return status == TIMED_OUT or (status >= SERVER_ERROR and status != UNAVAILABLE)


def _is_openais(body: Object) -> bool:
    """Say whether a body is OpenAI's error object, or that of a server like it, which is not wrapped."""
    error = object_in(body.get("error")) or (body if body.get("object") == "error" else {})
    return any(text_in(error.get(name)) for name in ("message", "type", "code"))


def _of_a_proxy(status: int) -> DoubtfulError:
    return DoubtfulError(
        f"http_{status}", f"Something between here and the provider answered HTTP {status}, again and again."
    )

"""The SDK's errors in our words, each translated once.

The status and the code decide, never the text. A 429 that says the money is spent is a refusal: no waiting
helps. Codes: openai-python's exception tree and the error codes of the API reference.
"""

import httpx2
import openai
from contracts.errors import (
    AnswerLostError,
    NotKnownError,
    ProviderBusyError,
    ProviderError,
    ProviderRefusedError,
)

from functions.worker.openai.plain_json import failure

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
RETRIED_STATUSES = frozenset({408, 409})
RATE_LIMITED = 429
NOT_FOUND = 404
SERVER_ERROR = 500
MAX_DIGITS = 6
"""Of a Retry-After in seconds: more than a week is no number to wait for."""

_NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)


def translate(error: openai.APIError) -> ProviderError:
    """Say what the caller does next."""
    if isinstance(error, openai.APIStatusError):
        return _translate_status(error)
    if isinstance(error, openai.APIConnectionError) and isinstance(error.__cause__, _NEVER_SENT):
        return ProviderBusyError("the provider is out of reach", is_for_all=True)
    return AnswerLostError("the provider's answer did not come")


def _translate_status(error: openai.APIStatusError) -> ProviderError:
    code = error.code or error.type or f"http_{error.status_code}"
    if error.status_code == NOT_FOUND:
        return NotKnownError(error.message)
    if code in BILLING_CODES or error.type in BILLING_CODES:
        return _refused(code, error.message)
    is_for_all = error.status_code == RATE_LIMITED or error.status_code >= SERVER_ERROR
    if is_for_all or error.status_code in RETRIED_STATUSES or code in RETRIED_CODES:
        return ProviderBusyError(code, retry_after_seconds=_retry_after(error), is_for_all=is_for_all)
    return _refused(code, error.message)


def _refused(code: str, message: str) -> ProviderRefusedError:
    words = failure(code, message)
    return ProviderRefusedError(words.code, words.message)


def _retry_after(error: openai.APIStatusError) -> int | None:
    """Read Retry-After in seconds; its other form, a date, is not used by OpenAI."""
    text = error.response.headers.get("retry-after", "")
    is_seconds = text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS
    return int(text) if is_seconds else None

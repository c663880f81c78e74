"""What an answer means: a result, one of our errors, or that the request is to be sent again."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Final

import httpx2

from runrelay.client.decoding import decoded
from runrelay.client.errors import (
    ConflictError,
    DeletedError,
    InvalidRequestError,
    NotAllowedError,
    NotFoundError,
    RunrelayError,
    UnavailableError,
    UnexpectedAnswerError,
)
from runrelay.client.models import Problem
from runrelay.client.operations import Operation
from runrelay.client.places import Place

PASSING: Final = frozenset({429, 502, 503, 504})
"""After these a request is sent again: each is of a kind that does no harm twice."""

FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 8.0
LONGEST_ASKED: Final = 30.0
"""Seconds; who asks for a longer pause is given up, and the caller told."""

HOW_TO_SIGN: Final = (
    "A stack wants a signature with AWS credentials that may execute-api:Invoke, or, if it was deployed with "
    "JwtIssuer, token=... with a token of that issuer"
)
CLASSES: Final[Mapping[int, type[RunrelayError]]] = {
    HTTPStatus.UNAUTHORIZED: NotAllowedError,
    HTTPStatus.FORBIDDEN: NotAllowedError,
    HTTPStatus.NOT_FOUND: NotFoundError,
    HTTPStatus.CONFLICT: ConflictError,
    HTTPStatus.GONE: DeletedError,
    HTTPStatus.TOO_MANY_REQUESTS: UnavailableError,
}

type Outcome = httpx2.Response | httpx2.RequestError
"""What became of a request: an answer, or none."""


def pause(outcome: Outcome, retries: int, most: int, chance: Callable[[], float]) -> float | None:
    """Say in how many seconds a request is to be sent again; None if it is not.

    Args:
        retries: How often it was sent again so far.
        chance: Gives a number between 0 and 1, so that clients do not come back all at once.
    """
    if retries >= most or not _passes(outcome):
        return None
    asked = _retry_after(outcome)
    if asked is not None:
        return asked + FIRST_PAUSE * chance() if asked <= LONGEST_ASKED else None
    longest: float = min(LONGEST_PAUSE, FIRST_PAUSE * 2**retries)
    return longest * (1 + chance()) / 2


def read[T](operation: Operation[T], outcome: Outcome, place: Place) -> T:
    """Give the result.

    Raises:
        RunrelayError: There is none; which class it is says what to do.
    """
    if not isinstance(outcome, httpx2.Response):
        words = f"{place.url} cannot be reached: {type(outcome).__name__}: {outcome}"
        raise UnavailableError(words) from outcome
    document = _document(outcome)
    if not outcome.is_success:
        raise _error(outcome, document, place)
    if document is None:
        raise _unexpected(outcome, place)
    try:
        return operation.read(document)
    except (KeyError, TypeError, ValueError) as error:
        raise _unexpected(outcome, place) from error


def _passes(outcome: Outcome) -> bool:
    if isinstance(outcome, httpx2.Response):
        return outcome.status_code in PASSING
    return isinstance(outcome, httpx2.TransportError)


def _retry_after(outcome: Outcome) -> float | None:
    """Read how many seconds to wait, which may be said as a date."""
    told = outcome.headers.get("retry-after", "") if isinstance(outcome, httpx2.Response) else ""
    if told.isdecimal():
        return float(told)
    try:
        return max(0.0, (parsedate_to_datetime(told) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None


def _document(answer: httpx2.Response) -> Mapping[str, Any] | None:
    try:
        document = answer.json()
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _error(answer: httpx2.Response, document: Mapping[str, Any] | None, place: Place) -> RunrelayError:
    problem = _problem(document)
    detail = problem.detail if problem else _words(answer, document)
    if answer.is_redirect or (answer.status_code == HTTPStatus.NOT_FOUND and problem is None):
        return _unexpected(answer, place)
    if answer.is_server_error:
        kind: type[RunrelayError] = UnavailableError
    else:
        kind = CLASSES.get(answer.status_code, InvalidRequestError)
    if kind is NotAllowedError:
        detail = f"{detail}: {place.proof}. {HOW_TO_SIGN}"
    error = kind(detail, status=answer.status_code, problem=problem, request_id=_request_id(answer))
    if isinstance(error, UnavailableError):
        error.retry_after = _retry_after(answer)
    return error


def _problem(document: Mapping[str, Any] | None) -> Problem | None:
    try:
        return decoded(Problem, document) if document else None
    except (KeyError, TypeError, ValueError):
        return None  # API Gateway's own errors are none


def _words(answer: httpx2.Response, document: Mapping[str, Any] | None) -> str:
    told = document or {}
    return str(told.get("message") or told.get("Message") or f"{answer.reason_phrase or 'an error'}")


def _unexpected(answer: httpx2.Response, place: Place) -> UnexpectedAnswerError:
    return UnexpectedAnswerError(
        f"what answers at {place.url} is not Runrelay's API, or one of another version",
        status=answer.status_code,
        request_id=_request_id(answer),
    )


def _request_id(answer: httpx2.Response) -> str | None:
    """Read API Gateway's id of a request."""
    return answer.headers.get("apigw-requestid")

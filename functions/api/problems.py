"""Errors as problem documents (RFC 9457)."""

import json
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.exceptions import ServiceError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from botocore.exceptions import BotoCoreError, ClientError
from contracts.errors import QueueUnavailableError, UnreadableItemError

RETRY_AFTER_SECONDS = 5

MAX_FIELDS_NAMED = 100
MAX_CHARACTERS = 1000
"""Of a field's place or message, which may quote what is as long as the body: Lambda answers 6 MB at most."""

type WrongField = Mapping[str, str]
"""A field's place as `field`, and what is wrong with it as `message`."""


class ProblemError(Exception):
    """The client gets this status and these words.

    Attributes:
        headers: Beside the content type.
        members: Of the problem document, beside those that every problem has.
    """

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        **members: Any,  # noqa: ANN401 - any JSON
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = headers or {}
        self.members = members


class WrongFieldError(Exception):
    """The client gets a 422 that names a field, and these words."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


def problem_for(error: Exception, *, unknown: Iterable[WrongField] = ()) -> Response[str]:
    """Answer to whatever went wrong; what nobody foresaw is a 500 that tells nothing.

    Args:
        unknown: Query parameters that the route has not, should the request be wrong in other ways.
    """
    match error:
        case ProblemError():
            return problem(error.status, error.detail, error.headers, **error.members)
        case WrongFieldError():
            return problem_for(wrong_fields([{"field": error.field, "message": error.message}]))
        case RequestValidationError():
            return problem_for(wrong_fields([*map(_field, error.errors()), *unknown]))
        case ServiceError():
            return problem(HTTPStatus(error.status_code), str(error.msg))
        case QueueUnavailableError() | BotoCoreError() | ClientError():
            return problem(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "not all of it could be done; retry, and a POST of a run with the same Idempotency-Key",
                {"Retry-After": str(RETRY_AFTER_SECONDS)},
            )
        case _:
            return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "something went wrong here")


def problem(
    status: HTTPStatus,
    detail: str,
    headers: Mapping[str, str] | None = None,
    **members: Any,  # noqa: ANN401 - any JSON
) -> Response[str]:
    """Answer with a problem document."""
    document = {"type": "about:blank", "title": status.phrase, "status": status, "detail": detail, **members}
    return Response(status, "application/problem+json", json.dumps(document), headers)


def wrong_fields(
    fields: Sequence[WrongField], status: HTTPStatus = HTTPStatus.UNPROCESSABLE_ENTITY
) -> ProblemError:
    """Refuse a request for its fields, each by name, or as many as are of use to anybody."""
    named = [{name: shortened(words) for name, words in field.items()} for field in fields[:MAX_FIELDS_NAMED]]
    words = [f"{field['field']}: {field['message']}" for field in named]
    if more := len(fields) - len(named):
        words.append(f"and {more} more")
    return ProblemError(status, "; ".join(words), errors=named)


def unreadable(error: UnreadableItemError) -> ProblemError:
    """Say which item keeps a request from being done, until somebody has mended it."""
    item = {"item": error.item, "attributes": [*error.attributes]}
    return ProblemError(HTTPStatus.CONFLICT, str(error), unreadable=item)


def shortened(text: str) -> str:
    """Give a text, or as much of it as a problem document has room for."""
    return text if len(text) <= MAX_CHARACTERS else f"{text[:MAX_CHARACTERS]}..."


def _field(error: Mapping[str, Any]) -> WrongField:
    """Name the field, in the words of whoever sent it, and say what is wrong."""
    part, *path = error["loc"]  # body, query, header or path; then where in it
    message = error["msg"].removeprefix("Value error, ")
    if len(path) > 2 and path[-1] == "[key]":  # pydantic's word for a key of metadata  # noqa: PLR2004
        path, message = path[:-1], f"as a key: {message}"
    if part == "query":  # a parameter's name, whichever of its words is wrong
        path = path[:1]
    return {"field": ".".join(map(str, path)) or str(part), "message": message}

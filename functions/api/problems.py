"""Errors as problem documents (RFC 9457)."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.exceptions import ServiceError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from botocore.exceptions import BotoCoreError, ClientError
from contracts.errors import QueueUnavailableError

RETRY_AFTER_SECONDS = 5


class ProblemError(Exception):
    """The client gets this status and these words."""

    def __init__(self, status: HTTPStatus, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


class WrongFieldError(Exception):
    """The client gets a 422 that names a field, and these words."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


def problem_for(error: Exception) -> Response[str]:
    """Answer to whatever went wrong; what nobody foresaw is a 500 that tells nothing."""
    match error:
        case ProblemError():
            return problem(error.status, error.detail)
        case WrongFieldError():
            return _wrong_fields([{"field": error.field, "message": error.message}])
        case RequestValidationError():
            return _wrong_fields([_field(each) for each in error.errors()])
        case ServiceError():
            return problem(HTTPStatus(error.status_code), str(error.msg))
        case QueueUnavailableError() | BotoCoreError() | ClientError():
            return problem(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "not all of it could be done; retry, and a POST of a run with the same Idempotency-Key",
                headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
            )
        case _:
            return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "something went wrong here")


def problem(
    status: HTTPStatus,
    detail: str,
    *,
    errors: Sequence[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> Response[str]:
    """Answer with a problem document; `errors` names each wrong field."""
    document = {"type": "about:blank", "title": status.phrase, "status": status, "detail": detail}
    if errors:
        document["errors"] = list(errors)
    return Response(status, "application/problem+json", json.dumps(document), headers)


def _wrong_fields(fields: Sequence[Mapping[str, str]]) -> Response[str]:
    """Answer to a request that breaks the schema, with the name of each wrong field."""
    words = "; ".join(f"{field['field']}: {field['message']}" for field in fields)
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, words, errors=fields)


def _field(error: Mapping[str, Any]) -> Mapping[str, str]:
    """Name the field and say what is wrong; a rule over several fields names its field in its words."""
    part, *path = error["loc"]  # body, query, header or path; then where in it
    place = ".".join(map(str, path))
    message = error["msg"].removeprefix("Value error, ")
    if not place and ": " in message:
        place, message = message.split(": ", 1)
    return {"field": place or str(part), "message": message}

"""Errors as problem documents (RFC 9457)."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response


class ProblemError(Exception):
    """The client gets this status and these words."""

    def __init__(self, status: HTTPStatus, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


def problem(status: HTTPStatus, detail: str, *, errors: Sequence[Mapping[str, str]] = ()) -> Response[str]:
    """Answer with a problem document; `errors` names each wrong field."""
    document = {"type": "about:blank", "title": status.phrase, "status": status, "detail": detail}
    if errors:
        document["errors"] = list(errors)
    return Response(status, "application/problem+json", json.dumps(document))


def invalid_fields(errors: Sequence[Mapping[str, Any]]) -> Response[str]:
    """Answer to a request that breaks the schema: 400 if it is not JSON, else 422 with each field's name."""
    if any(error["type"] == "json_invalid" for error in errors):
        return problem(HTTPStatus.BAD_REQUEST, "the body is not JSON")
    fields = [_field(error) for error in errors]
    words = "; ".join(f"{field['field']}: {field['message']}" for field in fields)
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, words, errors=fields)


def _field(error: Mapping[str, Any]) -> Mapping[str, str]:
    """Name the field and say what is wrong; a rule over several fields names its field in its words."""
    place = ".".join(str(part) for part in error["loc"] if part not in ("body", "query", "header", "path"))
    message = error["msg"].removeprefix("Value error, ")
    if not place and ": " in message:
        place, message = message.split(": ", 1)
    return {"field": place or "body", "message": message}

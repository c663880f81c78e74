"""The body of a request: JSON, of a size that Lambda hands over whole."""

import base64
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from runrelay.outside_json import UnreadableJsonError, read_json

from functions.api.problems import ProblemError

MAX_BODY_BYTES = 4 * 1024 * 1024
"""Lambda takes six in an event, and base64 makes four of three."""


def with_text_body(event: Mapping[str, Any]) -> dict[str, Any]:
    """Give a request with its body as text, whichever way API Gateway sent it.

    Raises:
        ProblemError: 413 for a body over `MAX_BODY_BYTES`, 415 for one that is not JSON by its own account,
            400 for one that is not UTF-8.
    """
    body = event.get("body") or ""
    media_type = (event.get("headers") or {}).get("content-type", "application/json").split(";")[0].strip()
    if body and media_type.lower() != "application/json":
        raise ProblemError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "the body must be application/json")
    try:
        raw = base64.b64decode(body, validate=True) if event.get("isBase64Encoded") else body.encode()
        if len(raw) > MAX_BODY_BYTES:
            raise ProblemError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "the body is too large")
        return {**event, "body": raw.decode(), "isBase64Encoded": False}
    except ValueError as error:  # bad base64, or bytes or characters that are no UTF-8
        raise ProblemError(HTTPStatus.BAD_REQUEST, "the body is not UTF-8") from error


def json_from(text: str) -> Any:  # noqa: ANN401 - any JSON
    """Read a body.

    Raises:
        ProblemError: 400.
    """
    try:
        return read_json(text)
    except UnreadableJsonError as error:
        raise ProblemError(HTTPStatus.BAD_REQUEST, f"the body {error}") from error

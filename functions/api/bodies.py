"""The body of a request: JSON, of a size that Lambda hands over whole."""

import base64
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from contracts.outside_json import UnreadableJsonError, read_json

from functions.api.problems import ProblemError

JSON = "application/json"

MAX_BODY_BYTES = 5 * 1024 * 1024
"""Lambda takes six megabytes in an event, in which the body is a JSON string or base64.

So API Gateway itself refuses some bodies a little shorter: in a JSON string each quote takes two bytes.
"""


def with_text_body(event: Mapping[str, Any]) -> dict[str, Any]:
    """Give a request with its body as text, whichever way API Gateway sent it.

    Raises:
        ProblemError: 413 for a body over `MAX_BODY_BYTES`, 415 for one that is not JSON by its own account,
            400 for one that is not UTF-8.
    """
    body, headers = event.get("body") or "", event.get("headers") or {}
    media_type = headers.get("content-type", JSON).partition(";")[0].strip().lower()
    if body and media_type != JSON:
        raise ProblemError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "the body must be application/json")
    try:
        raw = base64.b64decode(body, validate=True) if event.get("isBase64Encoded") else body.encode()
        if len(raw) > MAX_BODY_BYTES:
            raise ProblemError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "the body is too large")
        text = raw.decode()
    except ValueError as error:  # bad base64, or bytes or characters that are no UTF-8
        raise ProblemError(HTTPStatus.BAD_REQUEST, "the body is not UTF-8") from error
    return {**event, "headers": {**headers, "content-type": JSON}, "body": text, "isBase64Encoded": False}


def json_from(text: str) -> Any:  # noqa: ANN401 - any JSON
    """Read a body.

    Raises:
        ProblemError: 400.
    """
    try:
        return read_json(text)
    except UnreadableJsonError as error:
        raise ProblemError(HTTPStatus.BAD_REQUEST, f"the body {error}") from error

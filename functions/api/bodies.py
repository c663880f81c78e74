"""The body of a request: JSON, of a size that Lambda hands over whole."""

import base64
from collections.abc import Mapping
from http import HTTPStatus
from itertools import islice
from json import JSONDecodeError
from typing import Any

from contracts.outside_json import UnreadableJsonError, read_json

from functions.api.json_faults import DuplicateKeyError, faults, object_of
from functions.api.problems import ProblemError, wrong_fields

JSON = "application/json"

MAX_BODY_BYTES = 5 * 1024 * 1024
"""Lambda takes six megabytes in an event, in which the body is a JSON string or base64.

So API Gateway itself refuses some bodies a little shorter: in a JSON string each quote takes two bytes.
"""

MAX_FAULTS = 1000
"""The most that are looked for in a body that cannot be taken."""


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
            words = f"the body has {len(raw):,} bytes, and at most {MAX_BODY_BYTES:,} (5 MB) are taken"
            raise ProblemError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, words)
        text = raw.decode()
    except ValueError as error:  # bad base64, or bytes or characters that are no UTF-8
        raise ProblemError(HTTPStatus.BAD_REQUEST, "the body is not UTF-8") from error
    return {**event, "headers": {**headers, "content-type": JSON}, "body": text, "isBase64Encoded": False}


def json_from(text: str) -> Any:  # noqa: ANN401 - any JSON
    """Read a body, which is an object or nothing.

    Raises:
        ProblemError: 400, or 422 for what is JSON that readers may differ about; it names the fields.
    """
    try:
        body = read_json(text, object_of=object_of)
    except UnreadableJsonError as error:
        raise _refusal(text, error) from error
    if isinstance(body, list):  # Powertools would take the first item for the body
        raise wrong_fields([{"field": "body", "message": "must be an object"}])
    return body


def refuse_any(text: str | None) -> None:
    """Refuse a body where there is nothing to say; an empty object says nothing.

    Raises:
        ProblemError: 422 that names what was said, or as in `json_from`.
    """
    said = json_from(text) if text else {}
    if said not in ({}, None):
        names = [*said] if isinstance(said, dict) else ["body"]
        raise wrong_fields([{"field": name, "message": "nothing can be said here"} for name in names])


def _refusal(text: str, error: UnreadableJsonError) -> ProblemError:
    cause = error.__cause__
    if isinstance(cause, JSONDecodeError):
        where = f"{cause.msg}, at line {cause.lineno}, column {cause.colno}"
        return ProblemError(HTTPStatus.BAD_REQUEST, f"the body {error}: {where}")
    is_valid = isinstance(cause, DuplicateKeyError)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if is_valid else HTTPStatus.BAD_REQUEST
    found = islice(faults(text), MAX_FAULTS)
    fields = [{"field": ".".join(map(str, place)) or "body", "message": words} for place, words in found]
    return wrong_fields(fields, status) if fields else ProblemError(status, f"the body {error}")

"""Why a webhook was not taken, as the answer its sender gets."""

from http import HTTPStatus

from contracts.errors import RunrelayError

REASONS = {
    HTTPStatus.BAD_REQUEST: "malformed",
    HTTPStatus.UNAUTHORIZED: "not_authentic",
    HTTPStatus.METHOD_NOT_ALLOWED: "not_posted",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too_large",
}


class RejectedWebhookError(RunrelayError):
    """The sender gets this status; nothing was queued.

    Attributes:
        reason: One of a few words, to count by.
    """

    def __init__(self, status: HTTPStatus, detail: str, *, reason: str | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.reason = reason or REASONS[status]

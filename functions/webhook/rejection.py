"""Why a webhook was not taken, as the answer its sender gets."""

from http import HTTPStatus

from contracts.errors import RunrelayError


class RejectedWebhookError(RunrelayError):
    """The sender gets this status; nothing was queued."""

    def __init__(self, status: HTTPStatus, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail

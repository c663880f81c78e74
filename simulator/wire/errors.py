"""Refusals, told in OpenAI's error envelope."""

from starlette.requests import Request
from starlette.responses import JSONResponse

from simulator.wire.asides import blame


class ApiError(Exception):
    """A request that is answered with an error.

    Attributes:
        status: The HTTP status, from which the SDK picks its exception class.
        code: The SDK's `error.code`; what clients should dispatch on.
        param: The wrong field, dotted from the top of the body.
        fault: The name of the fault that made it, for the journal.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        param: str | None = None,
        code: str | None = None,
        kind: str = "invalid_request_error",
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.param = param
        self.code = code
        self.kind = kind
        self.fault: str | None = None

    def answer(self) -> JSONResponse:
        error = {"message": self.message, "type": self.kind, "param": self.param, "code": self.code}
        return JSONResponse({"error": error}, status_code=self.status)


def not_found(message: str) -> ApiError:
    return ApiError(404, message)


def invalid(param: str | None, message: str, *, code: str | None = None) -> ApiError:
    return ApiError(400, message, param=param, code=code)


async def answer_api_error(request: Request, error: Exception) -> JSONResponse:
    """Serve as the exception handler of an application for `ApiError`."""
    if not isinstance(error, ApiError):
        raise error
    if error.fault:
        blame(request, error.fault)
    return error.answer()


async def answer_unknown_url(request: Request, _: Exception) -> JSONResponse:
    message = f"Invalid URL ({request.method} {request.url.path})"
    return ApiError(404, message).answer()


async def answer_wrong_method(request: Request, _: Exception) -> JSONResponse:
    message = f"Invalid method for URL ({request.method} {request.url.path})"
    return ApiError(405, message, code="method_not_supported").answer()


def missing_parameter(param: str) -> ApiError:
    return invalid(param, f"Missing required parameter: '{param}'.", code="missing_required_parameter")


def unknown_parameter(param: str) -> ApiError:
    return invalid(param, f"Unknown parameter: '{param}'.", code="unknown_parameter")


def conversation_locked() -> ApiError:
    message = "Another process is currently operating on this conversation. Please retry in a few seconds."
    return invalid("conversation", message, code="conversation_locked")

"""OpenAI's rate limit, in front of the simulator: so many requests in any minute, and 429 for the rest.

A request that is refused is not counted against the limit; at OpenAI it is, which would be harder on pollers.
"""

from collections import deque
from collections.abc import Callable
from math import ceil

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

MINUTE = 60.0


class Limited:
    """An application that answers only so many requests of its API a minute.

    Attributes:
        refused: How many it did not.
        most: The most that it answered in one minute.
    """

    def __init__(self, app: ASGIApp, time: Callable[[], float], *, per_minute: int | None) -> None:
        self._app = app
        self._time = time
        self._per_minute = per_minute
        self._accepted: deque[float] = deque()
        self.requests = self.refused = self.most = 0

    def stand_before(self, wrap: Callable[[ASGIApp], ASGIApp]) -> None:
        """Put something between the limit and the application."""
        self._app = wrap(self._app)

    def forget(self) -> None:
        """Count from now on."""
        self._accepted.clear()
        self.requests = self.refused = self.most = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._app if not scope["path"].startswith("/v1/") else self._counted()
        await app(scope, receive, send)

    def _counted(self) -> ASGIApp:
        self.requests += 1
        now = self._time()
        while self._accepted and self._accepted[0] <= now - MINUTE:
            self._accepted.popleft()
        if self._per_minute is None or len(self._accepted) < self._per_minute:
            self._accepted.append(now)
            self.most = max(self.most, len(self._accepted))
            return self._app
        self.refused += 1
        return _refusal(self._accepted[0] + MINUTE - now)


def _refusal(seconds: float) -> JSONResponse:
    error = {
        "message": "Rate limit reached for requests per min (RPM).",
        "type": "requests",
        "param": None,
        "code": "rate_limit_exceeded",
    }
    return JSONResponse({"error": error}, 429, headers={"retry-after": str(max(1, ceil(seconds)))})

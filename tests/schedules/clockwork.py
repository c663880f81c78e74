"""Time that stands still until it is told to pass, for the simulator too.

In the harness the simulator lives by real time, in a thread. Here it lives in this thread, on an event loop
whose clock is the world's: a turn of five seconds costs none, whatever the simulator does by itself is done
before anything else happens, and it happens in the same order each time.
"""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
from starlette.types import ASGIApp

from tests.harness import transports
from tests.harness.clock import Clock

HOST = "openai.test"

RESOLUTION_SECONDS = 1e-5
"""What is due sooner than this is due now; Unix seconds have no finer place in a float than a tenth of it."""


class StandingClock(Clock):
    """The moment it was made, plus whatever was skipped."""

    def __init__(self) -> None:
        super().__init__()
        self._made_at = time.time()

    def time(self) -> float:
        """Give Unix seconds."""
        return self._made_at + self._skipped


class ClockLoop(asyncio.SelectorEventLoop):
    """An event loop that never waits: what is due by its clock is done, and the rest is not."""

    def __init__(self, clock: StandingClock) -> None:
        super().__init__()
        self._world_clock = clock
        self._made_at = clock.time()
        self._clock_resolution = RESOLUTION_SECONDS

    def time(self) -> float:
        return self._world_clock.time() - self._made_at

    def do_what_is_due(self) -> None:
        """Go on until nothing is left to do at this moment."""
        while self._is_busy():  # type: ignore[attr-defined]
            self.call_soon(self.stop)
            self.run_forever()

    def seconds_until_next(self) -> float | None:
        """Count the seconds until there is something to do; `None` if nothing will ever be."""
        due = [timer.when() for timer in self._scheduled if not timer.cancelled()]  # type: ignore[attr-defined]
        left = min(due) - self.time() if due else None
        return left if left is None or left > RESOLUTION_SECONDS / 2 else 0

    def _is_busy(self) -> bool:
        left = self.seconds_until_next()
        return bool(self._ready) or left == 0  # type: ignore[attr-defined]


class Served:
    """An application, asked without a network."""

    def __init__(self, app: ASGIApp, clock: StandingClock) -> None:
        self.loop = ClockLoop(clock)
        self._transport = httpx2.ASGITransport(app=app)

    def ask(self, request: httpx2.Request) -> httpx2.Response:
        """Answer a request, and do whatever it sets off at once."""
        answer = self.loop.run_until_complete(self._ask(request))
        self.loop.do_what_is_due()
        return answer

    async def _ask(self, request: httpx2.Request) -> httpx2.Response:
        answer = await self._transport.handle_async_request(request)
        return httpx2.Response(answer.status_code, headers=answer.headers, content=await answer.aread())


@contextmanager
def serving(app: ASGIApp, clock: StandingClock) -> Iterator[Served]:
    """Have requests to `HOST` answered by an application while the block runs; all others go their way."""
    served, send_by_http = Served(app, clock), transports._send_by_http

    def send(transport: httpx2.HTTPTransport, request: httpx2.Request) -> httpx2.Response:
        return served.ask(request) if request.url.host == HOST else send_by_http(transport, request)

    transports._send_by_http = send
    try:
        yield served
    finally:
        transports._send_by_http = send_by_http
        served.loop.close()

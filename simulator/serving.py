"""Serving the application over HTTP, in this thread or in one of its own."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

HANG_UP = "simulator.hang_up"
START_SECONDS = 10.0


class RudeProtocol(H11Protocol):
    """HTTP whose application may close the connection without an answer, by an ASGI extension."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        app = self.app

        async def app_that_can_hang_up(scope: Scope, receive: Receive, send: Send) -> None:
            scope.setdefault("extensions", {})[HANG_UP] = transport.close
            await app(scope, receive, send)

        self.app = app_that_can_hang_up


def listen(host: str, port: int) -> socket.socket:
    """Listen at once, so that port 0 is known and nobody is refused who was told where."""
    # asyncio turns Nagle's algorithm off only where the protocol is named; with it, each answer takes 40 ms.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind((host, port))
    listening.listen()
    return listening


def server(app: ASGIApp) -> uvicorn.Server:
    """Make a server; run it with `server.run(sockets=[...])`."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            http=RudeProtocol,
            access_log=False,
            log_level="warning",
            timeout_graceful_shutdown=1,
        )
    )


@contextmanager
def served(app: ASGIApp, *, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serve in a thread while the block runs, and hand over `http://host:port`."""
    listening = listen(host, port)
    running = server(app)
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        give_up_at = time.monotonic() + START_SECONDS
        while not running.started:
            if not thread.is_alive() or time.monotonic() > give_up_at:
                raise RuntimeError("the server did not start")
            time.sleep(0.005)
        yield f"http://{host}:{listening.getsockname()[1]}"
    finally:
        running.should_exit = True
        thread.join()
        listening.close()

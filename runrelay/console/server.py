"""Serving the console on this machine."""

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, override

import uvicorn
from starlette.types import ASGIApp

from runrelay.command_line import CommandError
from runrelay.console.actions import Actions
from runrelay.console.api import Api
from runrelay.console.guard import TOKEN, Guard, Keys
from runrelay.console.notes import Notes
from runrelay.console.rendering import Pages
from runrelay.console.site import Site
from runrelay.reach import Where

HOST: Final = "127.0.0.1"
GIVEN_TOKEN: Final = "RUNRELAY_CONSOLE_TOKEN"  # noqa: S105 - the variable's name
SHORTEST_TOKEN: Final = 32


class Server(uvicorn.Server):
    """A server that closes what it holds open before it ends."""

    def __init__(self, config: uvicorn.Config, close: Callable[[], None]) -> None:
        super().__init__(config)
        self._close = close

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._close()
        await super().shutdown(sockets)


@dataclass(frozen=True, slots=True)
class Console:
    """A console that listens, and answers once it is served.

    Attributes:
        url: Where to open it; with its token, unless that was given, and is known.
        close: Ends the answers that it holds open.
    """

    app: ASGIApp
    listening: socket.socket
    url: str
    close: Callable[[], None]

    def serve(self) -> None:
        """Answer until a signal ends it."""
        config = uvicorn.Config(
            self.app,
            access_log=False,  # the token is in an address
            log_level="warning",
            lifespan="off",
            proxy_headers=False,
            server_header=False,
            ws="none",
            timeout_graceful_shutdown=1,
        )
        Server(config, self.close).run(sockets=[self.listening])


def console(where: Where, *, port: int, is_read_only: bool) -> Console:
    """Make a console of a stack; port 0 is any that is free.

    Raises:
        CommandError: There is no local stack, the port is taken, or the token that the environment gives can
            be guessed.
        NoStackError: There is no such stack.
    """
    given = _given_token()
    keys = Keys(token=given) if given else Keys()
    api = Api.of(where)
    listening = _listen(port)
    bound = listening.getsockname()[1]
    notes = Notes()
    pages = Pages(where.stack_name or "local stack", keys, notes, is_read_only=is_read_only)
    site = Site(api, where, pages, Actions(api, where, pages, keys, notes))
    guard = Guard(site.application(), port=bound, keys=keys, is_read_only=is_read_only)
    query = "" if given else f"?{TOKEN}={keys.token}"
    return Console(guard, listening, f"http://{HOST}:{bound}/{query}", site.streams.close)


def _given_token() -> str | None:
    """Take the token of whoever starts us and tells the address himself.

    Raises:
        CommandError: It could be guessed.
    """
    given = os.environ.get(GIVEN_TOKEN) or None
    if given and len(given) < SHORTEST_TOKEN:
        raise CommandError(f"{GIVEN_TOKEN} is too short: at least {SHORTEST_TOKEN} characters, by chance.")
    return given


def _listen(port: int) -> socket.socket:
    # asyncio turns Nagle's algorithm off only where the protocol is named; with it, each answer takes 40 ms.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
    except OSError as error:
        listening.close()
        raise CommandError(f"Port {port} is taken: say another one, or none for any that is free.") from error
    listening.listen()
    return listening

"""The console of a local stack, served beside it."""

import os
import secrets
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlsplit

import httpx2

from runrelay.progress import step
from runrelay.stack import Stack
from tasks.daemon import Daemon
from tasks.ports import free_ports
from tasks.program import failed

NAME: Final = "console"
PATIENCE_SECONDS: Final = 30


def served(directory: Path, stack: Stack) -> Stack:
    """Serve it, with the code of this checkout; one that was served stops, and keeps its address.

    Raises:
        CommandError: It did not come up; the message shows the end of its log.
    """
    port, token = _address(stack)
    with step("Starting the console"):
        stop(directory)
        daemon = Daemon.start(
            NAME,
            [
                *(sys.executable, "-m", "runrelay", "console", "--port", str(port)),
                *("--directory", str(directory)),
            ],
            directory=directory,
            environment={**os.environ, "RUNRELAY_CONSOLE_TOKEN": token},
        )
        url = f"http://127.0.0.1:{port}/?token={token}"
        _wait_until_it_answers(daemon, url)
    whole = replace(stack, console_url=url, pids={**stack.pids, NAME: daemon.pid})
    whole.write(directory / "stack.json")
    return whole


def stop(directory: Path) -> None:
    record = directory / f"{NAME}.pid.json"
    if record.exists():
        Daemon.recorded(record).stop()


def _address(stack: Stack) -> tuple[int, str]:
    """Give the port and the token that it had, or new ones."""
    if stack.console_url:
        parts = urlsplit(stack.console_url)
        if parts.port and (given := parse_qs(parts.query).get("token")):
            return parts.port, given[0]
    (port,) = free_ports(1)
    return port, secrets.token_urlsafe(32)


def _wait_until_it_answers(daemon: Daemon, url: str) -> None:
    """Wait until the token is taken: whatever else may be at that port does not know it."""
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while daemon.is_running() and time.monotonic() < give_up_at:
        with suppress(httpx2.TransportError):
            if httpx2.get(url, trust_env=False).is_redirect:
                return
        time.sleep(0.05)
    raise failed("The console did not come up.", daemon.log)

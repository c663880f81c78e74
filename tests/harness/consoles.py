"""The console as people have it: the command, a browser, and between console and API a proxy that counts."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final, override
from urllib.parse import urlsplit

import httpx2
from playwright.sync_api import Browser, sync_playwright

from runrelay.stack import Stack
from tasks.checkout import ROOT

CHROMIUM: Final = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
HOW_TO_GET_IT: Final = (
    f"there is no Chromium at {CHROMIUM}: apt-get install chromium, or set CHROMIUM to its path"
)
NOT_PASSED_ON: Final = {"host", "connection", "transfer-encoding", "content-length", "content-encoding"}


@dataclass(frozen=True)
class Served:
    """A console that is up.

    Attributes:
        url: With the token.
        asked: The requests that it has made of the API, if they are counted: method and path.
    """

    url: str
    asked: list[str] = field(default_factory=list)

    @property
    def base(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc

    @property
    def token(self) -> str:
        return urlsplit(self.url).query.removeprefix("token=")


@contextmanager
def served(stack: Stack, directory: Path, *options: str, is_counted: bool = False) -> Iterator[Served]:
    """Serve a console of a stack, by the command, in a directory of its own."""
    with proxy(stack) if is_counted else not_counted(stack) as (behind, asked):
        behind.write(directory / "stack.json")
        command = [sys.executable, "-m", "runrelay", "console", "--directory", str(directory), *options]
        environment = {name: value for name, value in os.environ.items() if name != "RUNRELAY_STACK"}
        with subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as child:
            assert child.stdout
            try:
                url = child.stdout.readline().strip()
                assert url.startswith("http://127.0.0.1:"), child.communicate()
                yield Served(url, asked)
            finally:
                child.terminate()
                child.communicate(timeout=15)


@contextmanager
def not_counted(stack: Stack) -> Iterator[tuple[Stack, list[str]]]:
    yield stack, []


@contextmanager
def proxy(stack: Stack) -> Iterator[tuple[Stack, list[str]]]:
    """Stand before the API, pass everything on, and write down what was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass_on(self) -> None:
            asked.append(f"{self.command} {self.path}")
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {
                name: value for name, value in self.headers.items() if name.lower() not in NOT_PASSED_ON
            }
            answer = http.request(self.command, stack.api_url + self.path, content=body, headers=headers)
            self.send_response(answer.status_code)
            for name, value in answer.headers.items():
                if name.lower() not in NOT_PASSED_ON:
                    self.send_header(name, value)
            self.send_header("content-length", str(len(answer.content)))
            self.end_headers()
            with suppress(ConnectionError):  # nobody waits for it any more
                self.wfile.write(answer.content)

        do_GET = do_POST = do_DELETE = _pass_on  # noqa: N815 - its names

        @override
        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    with (
        httpx2.Client(timeout=35, trust_env=False) as http,
        ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server,
    ):
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield replace(stack, api_url=f"http://127.0.0.1:{server.server_port}"), asked
        server.shutdown()


@contextmanager
def chromium(*arguments: str) -> Iterator[Browser]:
    """Start Debian's Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage", *arguments]
        )
        try:
            yield browser
        finally:
            browser.close()

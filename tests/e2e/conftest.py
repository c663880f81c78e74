"""The local stack that every end-to-end test talks to, over HTTP and through boto3."""

import os
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from runrelay_client import Client

from runrelay.stack import Stack
from tasks.local_stack import LocalStack
from tests.harness.consoles import CHROMIUM, HOW_TO_GET_IT, Served, chromium, served
from tests.harness.trace_backend import Backend, receiving

# On a machine that is busy with the other tests a run takes long: only what waits for a check shall see one.
PARAMETERS = {"CheckFirstSeconds": "40", "WorkerConcurrency": "2", "ToolConcurrency": "3"}

DENIED = "AccessDenied"
"""A function that is refused something often goes on: only its log shows it."""

HANGS_AFTER_SECONDS = 1200
"""A test may build a release and start a stack first, on a machine that is busy with the other tests; what it
waits for has limits of its own."""


def pytest_itemcollected(item: pytest.Item) -> None:
    item.add_marker("e2e")
    item.add_marker(pytest.mark.timeout(HANGS_AFTER_SECONDS))


@pytest.fixture(scope="session")
def trace_backend() -> Iterator[Backend]:
    """What the stack of the tests' own sends its traces to."""
    with receiving() as backend:
        yield backend


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory, trace_backend: Backend) -> Iterator[Stack]:
    """Start a stack of the tests' own, or take the running one whose file `RUNRELAY_STACK` names."""
    if path := os.environ.get("RUNRELAY_STACK"):
        yield Stack.read(Path(path))
    else:
        parameters = PARAMETERS | {"OtlpEndpoint": trace_backend.url}
        local_stack = LocalStack(tmp_path_factory.mktemp("stack"), parameters=parameters)
        with local_stack as started:
            yield started
        said = (local_stack.logs / "ministack.log").read_text(errors="replace")
        assert [line for line in said.splitlines() if DENIED in line] == []


@pytest.fixture
def client(stack: Stack) -> Iterator[Client]:
    """A client of the stack, with the simulator on a clean slate."""
    with httpx2.Client(timeout=30, headers=stack.api_headers, trust_env=False, verify=False) as http:
        client = Client(stack, http)
        client.reset()
        yield client


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium, for one module: while it runs, nothing else in this thread may be asynchronous."""
    if not CHROMIUM.exists():
        pytest.skip(HOW_TO_GET_IT)
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def console(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The console of the stack, served by the command."""
    with served(stack, tmp_path_factory.mktemp("console"), is_counted=True) as console:
        yield console


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser that was nowhere yet."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(60_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, console: Served) -> Iterator[Page]:
    """A page of the console, which says no word in the browser's log."""
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(console.url)
    yield page
    assert said == []

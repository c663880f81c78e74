"""A simulator, started by its command, and the SDK's client of it. `make test-clients` runs what is here.

These tests need an environment of their own, `.local/clients`; another collects none of them.
"""

import asyncio
import importlib.util
import re
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest
from openai import AsyncOpenAI, OpenAI

HAS_CLIENTS = importlib.util.find_spec("agents") is not None
ROOT = Path(__file__).parents[2]
SECONDS = 20.0
"""So long a client waits for a word; a test that waits longer has failed."""
ERRAND = (
    {"calls": [{"name": "get_order", "arguments": {"order_id": "A-1"}}]},
    {"text": "Whose is it?", "calls": [{"name": "get_customer", "arguments": {"customer_id": "C-1"}}]},
    {"text": "It is on its way to Ann."},
)

collect_ignore_glob = [] if HAS_CLIENTS else ["test_*.py"]


def pytest_report_header() -> str | None:
    return (
        None if HAS_CLIENTS else "tests/clients: not collected, the clients are not here; make test-clients"
    )


@contextmanager
def program(*arguments: str, log: Path | None = None) -> Iterator[str]:
    """Run a program of `.venv` that serves, and hand over the URL that its first line names."""
    command = [str(ROOT / ".venv/bin/python"), *arguments]
    with (
        log.open("w") if log else nullcontext() as stderr,
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=stderr, text=True) as running,
    ):
        try:
            assert running.stdout is not None
            told = re.search(r"http://\S+", running.stdout.readline())
            assert told, "it did not start"
            yield told.group()
        finally:
            running.terminate()


@dataclass
class Simulator:
    """The simulator from outside: its controls and the SDK's client."""

    url: str
    openai: OpenAI
    http: httpx2.Client

    def scenario(self, *turns: dict[str, Any]) -> dict[str, str]:
        """Write down what the model does, and hand over the metadata that ask for it."""
        self.http.put("/_sim/scenarios/told", json={"turns": list(turns)}).raise_for_status()
        return {"scenario": "told"}

    def requests(self, path: str) -> list[int]:
        """Tell how the requests to a path were answered."""
        entries = self.http.get("/_sim/journal", params={"kind": "request", "path": path}).json()
        return [entry["status"] for entry in entries]


@pytest.fixture(scope="session")
def _simulator() -> Iterator[Simulator]:
    with (
        program("-m", "simulator", "--port", "0") as url,
        OpenAI(base_url=f"{url}/v1", api_key="sk-test", max_retries=0, timeout=SECONDS) as openai,
        httpx2.Client(base_url=url) as http,
    ):
        yield Simulator(url, openai, http)


@pytest.fixture
def simulator(_simulator) -> Simulator:
    _simulator.http.post("/_sim/reset").raise_for_status()
    return _simulator


@pytest.fixture(scope="session", name="program")
def program_fixture() -> Callable[..., AbstractContextManager[str]]:
    return program


@dataclass
class Shop:
    """Two tools, real functions, which remember how they were called."""

    called: list[tuple[str, str]] = field(default_factory=list)

    def get_order(self, order_id: str) -> str:
        """Look up an order."""
        self.called.append(("get_order", order_id))
        return "shipped to C-1"

    def get_customer(self, customer_id: str) -> str:
        """Look up a customer."""
        self.called.append(("get_customer", customer_id))
        return "Ann"


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def errand(simulator) -> dict[str, str]:
    """Metadata of a run whose model calls one tool, then the other, and then has an answer."""
    return simulator.scenario(*ERRAND)


@pytest.fixture
def has_run_it(simulator, shop) -> Callable[[str], bool]:
    """Whether an errand was run to its end: each function once, in order, in three requests to a path."""

    def has_run_it(path: str) -> bool:
        assert shop.called == [("get_order", "A-1"), ("get_customer", "C-1")]
        assert simulator.requests(path) == [200, 200, 200]
        return True

    return has_run_it


@pytest.fixture
def run_with_client(simulator) -> Callable[..., Any]:
    """Do something with the SDK's asynchronous client in an event loop."""

    def run_with_client(do: Callable[[AsyncOpenAI], Awaitable[Any]]) -> Any:
        async def main() -> Any:
            url = f"{simulator.url}/v1"
            async with AsyncOpenAI(base_url=url, api_key="sk-test", max_retries=0, timeout=SECONDS) as client:
                return await do(client)

        return asyncio.run(main())

    return run_with_client

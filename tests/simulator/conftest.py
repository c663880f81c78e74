"""One simulator and one receiver of webhooks for the whole session; each test starts from a clean slate."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest
import pytest_socket
from openai import OpenAI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.app import create_app
from simulator.serving import served
from simulator.signing import new_secret

SECRET = new_secret()
FUNCTION_TOOL = {
    "type": "function",
    "name": "get_order",
    "parameters": {"type": "object", "properties": {"order_id": {"type": "string"}}},
    "strict": True,
}


@pytest.fixture(autouse=True)
def _loopback(socket_enabled):
    """The simulator and its clients speak over real sockets."""


@dataclass
class Received:
    headers: dict[str, str]
    body: bytes
    path: str


@dataclass
class Receiver:
    """A real webhook receiver; `statuses` are what it answers next, then 202."""

    url: str = ""
    received: list[Received] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    seconds: float = 0.0

    async def receive(self, request: Request) -> Response:
        self.received.append(Received(dict(request.headers), await request.body(), request.url.path))
        status = self.statuses.pop(0) if self.statuses else 202
        headers = {"location": "/elsewhere"} if 300 <= status < 400 else {}
        return Response(b'{"taken": true}', status_code=status, headers=headers)

    def clear(self) -> None:
        self.received.clear()
        self.statuses.clear()


@dataclass
class Simulator:
    """The simulator from outside: its controls and the SDK's client."""

    url: str
    openai: OpenAI
    http: httpx2.Client

    def scenario(self, name: str, *turns: dict[str, Any]) -> None:
        self.http.put(f"/_sim/scenarios/{name}", json={"turns": list(turns)}).raise_for_status()

    def faults(self, **faults: Any) -> None:
        self.http.put("/_sim/faults", json=faults).raise_for_status()

    def journal(self, **query: Any) -> list[dict[str, Any]]:
        return self.http.get("/_sim/journal", params=query).json()

    def create(self, scenario: str | None = None, **request: Any) -> Any:
        metadata = {"scenario": scenario} if scenario else {}
        given = {"model": "gpt-6-astra", "input": "hello", "background": True, "metadata": metadata}
        return self.openai.responses.create(**given | request)

    def ended(self, response: Any) -> Any:
        """Wait for the end of a response."""
        return eventually(
            lambda: next(
                (
                    seen
                    for seen in [self.openai.responses.retrieve(response.id)]
                    if seen.status not in ("queued", "in_progress")
                ),
                None,
            )
        )


def eventually(look: Callable[[], Any], *, seconds: float = 5.0) -> Any:
    """Look until there is something to see."""
    give_up_at = time.monotonic() + seconds
    while not (seen := look()):
        assert time.monotonic() < give_up_at, "it never happened"
        time.sleep(0.01)
    return seen


@pytest.fixture(name="eventually")
def eventually_fixture():
    return eventually


@pytest.fixture(scope="session")
def _servers() -> Iterator[SimpleNamespace]:
    pytest_socket.enable_socket()
    receiver = Receiver()
    application = Starlette(routes=[Route("/{path:path}", receiver.receive, methods=["GET", "POST"])])
    with served(application) as receiver_url:
        receiver.url = f"{receiver_url}/hook"
        app = create_app(webhook_url=receiver.url, webhook_secret=SECRET)
        with (
            served(app) as url,
            OpenAI(base_url=f"{url}/v1", api_key="sk-test", max_retries=0, webhook_secret=SECRET) as openai,
            httpx2.Client(base_url=url) as http,
        ):
            yield SimpleNamespace(receiver=receiver, simulator=Simulator(url, openai, http))


@pytest.fixture
def receiver(_servers, simulator) -> Receiver:
    return _servers.receiver


@pytest.fixture
def simulator(_loopback, _servers) -> Simulator:
    _servers.simulator.http.post("/_sim/reset").raise_for_status()
    _servers.receiver.clear()
    return _servers.simulator


@pytest.fixture
def openai(simulator) -> OpenAI:
    return simulator.openai


@pytest.fixture
def function_tool() -> dict[str, Any]:
    return dict(FUNCTION_TOOL)

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
from pydantic import BaseModel
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.app import create_app
from simulator.serving import served
from simulator.webhooks.signing import new_secret

SECRET = new_secret()
FUNCTION_TOOL = {
    "type": "function",
    "name": "get_order",
    "parameters": {
        "type": "object",
        "properties": {"order_id": {"type": "string"}},
        "required": ["order_id"],
        "additionalProperties": False,
    },
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


@dataclass
class AgentSessions:
    """The sessions of the Agents API, through the SDK, and what a test waits for in them."""

    simulator: Simulator

    @property
    def api(self) -> Any:
        return self.simulator.openai.beta.agents.sessions

    def create(self, *turns: dict[str, Any], tools: Any = (), **request: Any) -> Any:
        """Create a session whose agent does these turns; without turns, what it makes up itself."""
        if turns:
            self.simulator.scenario("session", *turns)
            request["metadata"] = {"scenario": "session"} | request.get("metadata", {})
        given = {
            "environment": {"type": "none"},
            "agent": {"model": "gpt-6-astra", "tools": list(tools)},
            "input": "hello",
        }
        return self.api.create(**given | request)

    def requiring(self, session: Any) -> Any:
        """Wait until a session requires action."""
        return eventually(lambda: self._seen(session, "requires_action"))

    def ended(self, session: Any, turns: int = 1) -> Any:
        """Wait for the end of the given number of root turns, and hand over the last of them."""

        def last() -> Any:
            over = [each for each in self.root_turns(session) if each.completed_at is not None]
            return over[-1] if len(over) == turns else None

        return eventually(last)

    def root_turns(self, session: Any) -> list[Any]:
        return [each for each in self.api.turns.list(session.id, order="asc") if each.subagent_id is None]

    def send(self, session: Any, *events: dict[str, Any], key: str | None = None) -> None:
        named = {"idempotency_key": key} if key else {}
        self.api.events.create(session.id, events=list(events), **named)

    def message(self, session: Any, text: str) -> None:
        message = {"role": "user", "content": [{"type": "input_text", "text": text}]}
        self.send(session, {"type": "agent.session.input.message", "input": [message]})

    def cancel(self, session: Any) -> None:
        self.send(session, {"type": "agent.session.input.cancel"})

    def items(self, session: Any) -> list[Any]:
        return list(self.api.items.list(session.id, order="asc"))

    def final_text(self, turn: Any) -> str:
        """Read the final text of a turn by the rule of the SDK's own collector."""
        return "".join(
            item.output_text
            for item in self.items(SimpleNamespace(id=turn.session_id))
            if item.turn_id == turn.id
            and item.type == "message"
            and item.role == "assistant"
            and item.phase != "commentary"
            and item.status == "completed"
        )

    def _seen(self, session: Any, status: str) -> Any:
        seen = self.api.retrieve(session.id)
        return seen if seen.status == status else None


def result_of(call: Any, output: str = "{}") -> dict[str, Any]:
    """Make the input event that answers a function call."""
    return {
        "type": "agent.session.input.tool_result",
        "turn_id": call.turn_id,
        "call_id": call.call_id,
        "success": True,
        "output": output,
    }


def eventually(look: Callable[[], Any], *, seconds: float = 5.0) -> Any:
    """Look until there is something to see."""
    give_up_at = time.monotonic() + seconds
    while not (seen := look()):
        assert time.monotonic() < give_up_at, "it never happened"
        time.sleep(0.01)
    return seen


def hold_against_sdk(shown: BaseModel) -> None:
    """Hold an object against the SDK's own model of it: no field more, none missing, each of its type."""
    assert unknown_fields(shown) == []
    type(shown).model_validate(shown.model_dump(mode="json", by_alias=True, exclude_unset=True), strict=True)


def unknown_fields(shown: object) -> list[str]:
    """Name what an object and those in it have that the SDK does not know."""
    match shown:
        case BaseModel():
            known = [field for value in vars(shown).values() for field in unknown_fields(value)]
            return [*(shown.model_extra or {}), *known]
        case list():
            return [field for value in shown for field in unknown_fields(value)]
        case _:
            return []


@pytest.fixture(name="hold_against_sdk")
def hold_against_sdk_fixture():
    return hold_against_sdk


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
def sessions(simulator) -> AgentSessions:
    return AgentSessions(simulator)


@pytest.fixture(name="result_of")
def result_of_fixture():
    return result_of


@pytest.fixture
def agent_tool() -> dict[str, Any]:
    return {key: FUNCTION_TOOL[key] for key in ("type", "name", "parameters")} | {
        "description": "Look up an order."
    }


@pytest.fixture
def openai(simulator) -> OpenAI:
    return simulator.openai


@pytest.fixture
def function_tool() -> dict[str, Any]:
    return dict(FUNCTION_TOOL)

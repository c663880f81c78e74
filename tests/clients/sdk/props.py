"""What the examples of the SDK's tests name, made through the simulator's own API."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx2
from starlette.types import ASGIApp

MODEL = "gpt-6-astra"
FUNCTION = {"name": "get_order", "parameters": {"type": "object", "properties": {}, "required": []}}
BETAS = {"openai-beta": "assistants=v2,agents=v1"}
# What follows a collection's name in a path and is no id.
WORDS = ("compact", "input_tokens", "runs", "sessions", "environments", "templates", "automations")
LOOKS = 200
QUICK = 0.001
DONE = {"seconds": QUICK, "text": "done"}
NEVER = {"seconds": QUICK, "never": True}
CALLS = {"seconds": QUICK, "calls": [{"name": FUNCTION["name"], "arguments": {}}]}
ASKS = {"seconds": QUICK, "approvals": [{"server_label": "crm", "name": "delete", "arguments": {}}]}
WORKS = DONE | {"subagents": 1, "artifacts": [{"path": "/workspace/report.txt", "text": "all is well"}]}
HOSTED = {"type": "openai_hosted"}


class PropError(Exception):
    """What a test needs could not be made. Its request gets a 400, which the SDK does not send again."""


@dataclass
class Made:
    """What was made for a request.

    Attributes:
        path: That of the request, with the ids of what was made.
        ids: By the name of their collection.
        object: The last that was made.
    """

    path: str
    ids: dict[str, str] = field(default_factory=dict)
    object: dict[str, Any] = field(default_factory=dict)


class Props:
    def __init__(self, app: ASGIApp, *, hook: str) -> None:
        self.hook = hook
        self._api = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app),
            base_url="http://simulator",
            headers={"authorization": "Bearer any"} | BETAS,
        )
        self._numbers = count()

    async def for_path(self, method: str, path: str, query: str) -> Made:
        """Make what a path names, each thing within the one before it."""
        parts = path.split("/")
        made = Made(path)
        for at, part in enumerate(parts[:-1]):
            maker = getattr(self, f"_{part}", None)
            if maker is None or not parts[at + 1] or parts[at + 1] in WORDS:
                continue
            made.object = await maker(made, f"{method} {parts[-1]}", query)
            made.ids[part] = parts[at + 1] = made.object["id"]
        made.path = "/".join(parts)
        return made

    async def id_of(self, collection: str) -> str:
        """Make something of a collection and hand over its id."""
        made = await getattr(self, f"_{collection}")(Made(""), "", "")
        return str(made["id"])

    async def _responses(self, _: Made, request: str, query: str) -> dict[str, Any]:
        script = NEVER if request == "POST cancel" else DONE
        body = {"model": MODEL, "input": "hello", "metadata": await self._scenario(script)}
        if "stream=true" in query:
            streamed = await self._call("POST", "responses", body | {"background": True, "stream": True})
            return streamed["response"]
        return await self._call("POST", "responses", body | {"background": script is NEVER})

    async def _conversations(self, *_: Any) -> dict[str, Any]:
        message = {"type": "message", "role": "user", "content": "hello"}
        return await self._call("POST", "conversations", {"items": [message]})

    async def _items(self, made: Made, *_: Any) -> dict[str, Any]:
        return await self._first(f"conversations/{made.ids['conversations']}/items")

    async def _assistants(self, *_: Any) -> dict[str, Any]:
        return await self._call("POST", "assistants", {"model": MODEL})

    async def _threads(self, *_: Any) -> dict[str, Any]:
        return await self._call("POST", "threads", {"messages": [{"role": "user", "content": "hello"}]})

    async def _messages(self, made: Made, *_: Any) -> dict[str, Any]:
        return await self._first(f"threads/{made.ids['threads']}/messages")

    async def _runs(self, made: Made, request: str, _: str) -> dict[str, Any]:
        runs = f"threads/{made.ids['threads']}/runs"
        script, status = DONE, "completed"
        if request == "POST cancel":
            script, status = NEVER, "in_progress"
        elif request == "POST submit_tool_outputs":
            script, status = CALLS, "requires_action"
        body = {
            "assistant_id": await self.id_of("assistants"),
            "tools": [{"type": "function", "function": FUNCTION}],
            "metadata": await self._scenario(script),
        }
        run = await self._call("POST", runs, body)
        return await self._once(status, f"{runs}/{run['id']}")

    async def _steps(self, made: Made, *_: Any) -> dict[str, Any]:
        return await self._first(f"threads/{made.ids['threads']}/runs/{made.ids['runs']}/steps")

    async def _sessions(self, _: Made, request: str, __: str) -> dict[str, Any]:
        body = {
            "agent": {"model": MODEL},
            "environment": HOSTED,
            "input": "hello",
            "metadata": await self._scenario(ASKS if request == "POST events" else WORKS),
        }
        session = await self._call("POST", "agents/sessions", body)
        path = f"agents/sessions/{session['id']}"
        if request == "POST events":
            return await self._once("requires_action", path)
        turn = await self._first(f"{path}/turns")
        await self._once("completed", f"{path}/turns/{turn['id']}")
        return session

    async def _subagents(self, made: Made, *_: Any) -> dict[str, Any]:
        return await self._first(f"agents/sessions/{made.ids['sessions']}/subagents")

    async def _turns(self, made: Made, *_: Any) -> dict[str, Any]:
        within = f"/subagents/{made.ids['subagents']}" if "subagents" in made.ids else ""
        return await self._first(f"agents/sessions/{made.ids['sessions']}{within}/turns")

    async def _artifacts(self, made: Made, *_: Any) -> dict[str, Any]:
        return await self._first(f"agents/sessions/{made.ids['sessions']}/artifacts")

    async def _agents(self, *_: Any) -> dict[str, Any]:
        return await self._call("POST", "agents", {"name": "clerk", "model": MODEL})

    async def _environments(self, *_: Any) -> dict[str, Any]:
        environment = await self._call("POST", "agents/environments", {"environment": HOSTED})
        return await self._once("ready", f"agents/environments/{environment['id']}")

    async def _templates(self, *_: Any) -> dict[str, Any]:
        return await self._call("POST", "agents/environments/templates", {"name": "shop"})

    async def _webhook_endpoints(self, *_: Any) -> dict[str, Any]:
        body = {"name": "hook", "url": self.hook, "event_types": ["batch.completed"]}
        return await self._call("POST", "webhook_endpoints", body)

    async def _scenario(self, script: dict[str, Any]) -> dict[str, str]:
        """Write down what the model does, and hand over the metadata that name it."""
        name = f"prop-{next(self._numbers)}"
        answer = await self._api.put(f"/_sim/scenarios/{name}", json={"turns": [script, DONE]})
        answer.raise_for_status()
        return {"scenario": name}

    async def _once(self, status: str, path: str) -> dict[str, Any]:
        return await self._until(path, lambda seen: seen if seen["status"] == status else None, status)

    async def _first(self, path: str) -> dict[str, Any]:
        return await self._until(path, lambda seen: next(iter(seen["data"]), None), "more than empty")

    async def _until(
        self, path: str, look: Callable[[dict[str, Any]], dict[str, Any] | None], wanted: str
    ) -> dict[str, Any]:
        for _ in range(LOOKS):
            if found := look(await self._call("GET", path)):
                return found
            await asyncio.sleep(0.01)
        raise PropError(f"{path} is never {wanted}")

    async def _call(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        answer = await self._api.request(method, f"/v1/{path}", json=body)
        if answer.is_error:
            raise PropError(f"{method} {path}: {answer.text}")
        if answer.headers["content-type"].startswith("text/event-stream"):
            first = next(line for line in answer.text.splitlines() if line.startswith("data: "))
            return httpx2.Response(200, content=first.removeprefix("data: ")).json()
        return answer.json()

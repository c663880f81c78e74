"""What the show talks to, over plain HTTP: Runrelay's API, and the simulator's controls."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpx2

from runrelay.command_line import CommandError
from runrelay.stack import Stack
from tasks.demo.stories import MODEL, Story

type Json = dict[str, Any]


class Client:
    """JSON over HTTP to a server of the local stack."""

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        self._http = httpx2.Client(base_url=url, headers=headers, timeout=30, trust_env=False)

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401
        """Send a request and read its answer.

        Raises:
            CommandError: The server did not answer, or not with a success.
        """
        try:
            answer = self._http.request(method, path, json=body)
        except httpx2.HTTPError as error:
            raise CommandError(f"{method} {path} got no answer: {error!r}") from error
        if not answer.is_success:
            raise CommandError(f"{method} {path} was answered {answer.status_code}: {answer.text}")
        return answer.json()


class Runrelay(Client):
    """The API of the deployed template."""

    def __init__(self, stack: Stack) -> None:
        super().__init__(stack.api_url, stack.api_headers)

    def start(self, story: Story, request: Mapping[str, Any]) -> Json:
        body = {
            "kind": story.kind,
            "request": request,
            "tools": list(story.tools),
            "metadata": {"scenario": story.scenario},
        }
        run: Json = self.ask("POST", "/runs", body)
        return run

    def run(self, run_id: str) -> Json:
        run: Json = self.ask("GET", f"/runs/{run_id}")
        return run

    def events(self, run_id: str) -> list[Json]:
        events: list[Json] = self.ask("GET", f"/runs/{run_id}/events")["events"]
        return events

    def approve(self, run_id: str, call_id: str, *, reason: str) -> None:
        """Approve a call as a person would."""
        path = f"/runs/{run_id}/calls/{quote(call_id, safe='')}/decision"
        self.ask("POST", path, {"approve": True, "reason": reason})


class Simulator(Client):
    """The stand-in for OpenAI: it is told what to do, and tells what it saw."""

    def __init__(self, stack: Stack) -> None:
        as_a_user_of_openai = {
            "authorization": f"Bearer {stack.openai_api_key}",
            "openai-beta": "assistants=v2",
        }
        super().__init__(stack.simulator_url, as_a_user_of_openai)

    def prepare(self, story: Story, *, pace: float) -> Json:
        """Have the model, and the wire, behave as a story says, and complete the request of its run.

        Args:
            pace: Stretches the model's turns.
        """
        turns = [each | {"seconds": each["seconds"] * pace} for each in map(dict, story.turns)]
        self.ask("PUT", f"/_sim/scenarios/{story.scenario}", {"turns": turns})
        self.ask("PUT", "/_sim/faults", story.faults)
        if story.kind != "thread":
            return dict(story.request)
        return {**story.request, "assistant_id": self.ask("POST", "/v1/assistants", {"model": MODEL})["id"]}

    def calm(self) -> None:
        """End all faults."""
        self.ask("PUT", "/_sim/faults", {})

    def journal(self) -> list[Json]:
        entries: list[Json] = self.ask("GET", "/_sim/journal")
        return entries

    def resources(self) -> list[Json]:
        resources: list[Json] = self.ask("GET", "/_sim/resources")
        return resources

    def ledger(self) -> list[Json]:
        effects: list[Json] = self.ask("GET", "/shop/ledger")
        return effects

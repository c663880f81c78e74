"""Runrelay and its simulator from the outside, in the words of the tests: over HTTP, as a user has them."""

import base64
import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx2

from cli.stack import Stack

TERMINAL = {"completed", "incomplete", "failed", "cancelled", "expired", "lost"}
PATIENCE_SECONDS = 120


@dataclass(frozen=True)
class Client:
    """Starts runs, waits for their ends and reads what the simulator saw."""

    stack: Stack
    http: httpx2.Client

    def put_scenario(self, *turns: dict[str, Any]) -> str:
        """Teach the model what to do; gives the scenario's name, new each time."""
        name = f"scenario-{uuid4()}"
        self._simulator("PUT", f"/_sim/scenarios/{name}", {"turns": list(turns)})
        return name

    def put_faults(self, **faults: Any) -> None:
        self._simulator("PUT", "/_sim/faults", {"seed": 7, **faults})

    def start(self, *turns: dict[str, Any], **body: Any) -> str:
        """Start a run whose model does these turns; gives its id."""
        answer = self.post_run(
            {
                "kind": "response",
                "request": {"model": "gpt-6-astra", "input": "go"},
                "metadata": {"scenario": self.put_scenario(*turns)},
                **body,
            }
        )
        assert answer.status_code == 202, answer.text
        run_id: str = answer.json()["run_id"]
        return run_id

    def post_run(self, body: dict[str, Any], **headers: str) -> httpx2.Response:
        return self.http.post(f"{self.stack.api_url}/runs", json=body, headers=headers)

    def run(self, run_id: str) -> dict[str, Any]:
        answer = self.http.get(f"{self.stack.api_url}/runs/{run_id}")
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    def ended(self, run_id: str, *, patience_seconds: float = PATIENCE_SECONDS) -> dict[str, Any]:
        """Wait for a run's end and show it."""
        until = time.monotonic() + patience_seconds
        while (run := self.run(run_id))["status"] not in TERMINAL:
            assert time.monotonic() < until, f"the run did not end: {run}"
            time.sleep(0.1)
        return run

    def timeline(self, run_id: str) -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = self.http.get(f"{self.stack.api_url}/runs/{run_id}/events").json()[
            "events"
        ]
        return events

    def journal(self, kind: str) -> list[dict[str, Any]]:
        """Read the simulator's journal: `request`s it received or `webhook`s it sent."""
        entries: list[dict[str, Any]] = self._simulator("GET", "/_sim/journal")
        return [entry for entry in entries if entry["kind"] == kind]

    def openai_requests(self) -> list[str]:
        """List the requests the simulator got, as `POST /v1/responses`, with ids left out."""
        return [
            f"{entry['method']} {'/'.join(part for part in entry['path'].split('/') if '_' not in part)}"
            for entry in self.journal("request")
        ]

    def effects(self) -> list[dict[str, Any]]:
        ledger: list[dict[str, Any]] = self._simulator("GET", "/shop/ledger")
        return ledger

    def deliver(self, body: bytes, **headers: str) -> httpx2.Response:
        """Send bytes to the webhook route, signed with the stack's secret unless headers say otherwise."""
        signed = self.signature(body) | {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.post(self.stack.webhook_url, content=body, headers=signed)

    def signature(
        self, body: bytes, *, webhook_id: str | None = None, age_seconds: int = 0
    ) -> dict[str, str]:
        """Sign a webhook as the Standard Webhooks specification says, with nothing of our own code."""
        webhook_id = webhook_id or f"wh_{uuid4().hex}"
        timestamp = str(int(time.time()) - age_seconds)
        key = base64.b64decode(self.stack.webhook_secret.removeprefix("whsec_"))
        signature = hmac.new(key, f"{webhook_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
        return {
            "webhook-id": webhook_id,
            "webhook-timestamp": timestamp,
            "webhook-signature": f"v1,{base64.b64encode(signature).decode()}",
            "content-type": "application/json",
        }

    def reset(self) -> None:
        self._simulator("POST", "/_sim/reset")

    def _simulator(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.http.request(method, self.stack.simulator_url + path, json=body)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None


def calls(*names_and_arguments: tuple[str, Any], seconds: float = 0.1) -> dict[str, Any]:
    """Make a turn in which the model calls tools, in parallel."""
    return {
        "seconds": seconds,
        "calls": [{"name": name, "arguments": arguments} for name, arguments in names_and_arguments],
    }


def text(words: str, *, seconds: float = 0.1) -> dict[str, Any]:
    """Make a turn in which the model answers."""
    return {"seconds": seconds, "text": words}


def event(event_type: str, resource_id: str) -> bytes:
    """Make a webhook's body."""
    envelope = {
        "object": "event",
        "id": f"evt_{uuid4().hex}",
        "type": event_type,
        "created_at": int(time.time()),
    }
    return json.dumps({**envelope, "data": {"id": resource_id}}).encode()

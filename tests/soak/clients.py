"""Runrelay and the simulator as the soak uses them: patiently, for what serves them may be killed."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final
from uuid import uuid4

import httpx2

from runrelay.command_line import CommandError
from runrelay.stack import Stack
from tests.soak.plan import Json, PlannedRun

MODEL: Final = "gpt-6-astra"
TRIES: Final = 30
SECONDS_BETWEEN_TRIES: Final = 0.5
STALE_SECONDS: Final = 3600


class Runrelay:
    """The API of the deployed template."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._http = httpx2.Client(
            base_url=stack.api_url, headers=stack.api_headers, timeout=30, trust_env=False
        )
        self.retries = 0
        """How often a request was sent again because it had no good answer."""

    def close(self) -> None:
        self._http.close()

    def start(self, planned: PlannedRun, request: Json, *, key: str) -> str:
        """Start a run, with a key of its own, so that a lost answer starts no second one."""
        body = {
            "kind": planned.kind,
            "request": request,
            "tools": ["get_order", "refund_order", "send_email"],
            "metadata": {"scenario": scenario(planned)},
        }
        run_id: str = self._ask("POST", "/runs", body, {"Idempotency-Key": key})["run_id"]
        return run_id

    def run(self, run_id: str) -> Json:
        run: Json = self._ask("GET", f"/runs/{run_id}")
        return run

    def events(self, run_id: str) -> list[Json]:
        events: list[Json] = self._ask("GET", f"/runs/{run_id}/events")["events"]
        return events

    def decide(self, run_id: str, call_id: str, *, approve: bool) -> None:
        """Decide on a call; one that was decided by an answer that got lost stays so."""
        path = f"/runs/{run_id}/calls/{call_id}/decision"
        self._ask("POST", path, {"approve": approve}, is_done=(HTTPStatus.CONFLICT,))

    def forge(self, how: str) -> int:
        """Send a webhook that is not authentic, and give the status of its answer."""
        body = json.dumps({"object": "event", "type": "response.completed", "data": {"id": "resp_forged"}})
        if how == "not JSON":
            body = "{"
        headers = self._signed(body, secret=b"not the secret" if how == "wrong secret" else None)
        if how == "stale":
            headers = self._signed(body, age_seconds=STALE_SECONDS)
        if how == "no signature":
            del headers["webhook-signature"]
        if how == "doubled id":
            headers["webhook-id"] += f",{headers['webhook-id']}"
        return self._http.post(self._stack.webhook_url, content=body, headers=headers).status_code

    def _signed(self, body: str, *, secret: bytes | None = None, age_seconds: int = 0) -> dict[str, str]:
        webhook_id, at = f"wh_{uuid4().hex}", int(time.time()) - age_seconds
        key = secret or base64.b64decode(self._stack.webhook_secret.removeprefix("whsec_"))
        digest = hmac.new(key, f"{webhook_id}.{at}.{body}".encode(), hashlib.sha256).digest()
        return {
            "content-type": "application/json",
            "webhook-id": webhook_id,
            "webhook-timestamp": str(at),
            "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
        }

    def _ask(
        self,
        method: str,
        path: str,
        body: Json | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        is_done: tuple[int, ...] = (),
    ) -> Any:
        """Send a request until it is answered well.

        Raises:
            CommandError: It was refused, or never answered.
        """
        said = "nothing"
        for _ in range(TRIES):
            try:
                answer = self._http.request(method, path, json=body, headers=headers)
            except httpx2.TransportError as error:
                said = repr(error)
            else:
                if answer.is_success or answer.status_code in is_done:
                    return answer.json()
                said = f"{answer.status_code} {answer.text}"
                if answer.is_client_error:
                    break
            self.retries += 1
            time.sleep(SECONDS_BETWEEN_TRIES)
        raise CommandError(f"{method} {path} was answered: {said}")


class Simulator:
    """The stand-in for OpenAI, and for the shop."""

    def __init__(self, stack: Stack) -> None:
        headers = {"authorization": f"Bearer {stack.openai_api_key}", "openai-beta": "assistants=v2"}
        self._http = httpx2.Client(base_url=stack.simulator_url, headers=headers, timeout=60, trust_env=False)

    def close(self) -> None:
        self._http.close()

    def put_faults(self, faults: Json) -> None:
        self._ask("PUT", "/_sim/faults", faults)

    def prepare(self, planned: PlannedRun) -> Json:
        """Teach the model what to do in a run, and make the run's request."""
        self._ask("PUT", f"/_sim/scenarios/{scenario(planned)}", {"turns": planned.turns})
        match planned.kind:
            case "response":
                return {"model": MODEL, "input": "go"}
            case "session":
                return {"agent": {"model": MODEL}, "input": "go"}
            case "thread":
                messages = [{"role": "user", "content": "go"}]
                return {"assistant_id": self._assistant, "thread": {"messages": messages}}

    def make_assistant(self) -> None:
        """Make the assistant of all threads, before there are faults."""
        self._assistant: str = self._ask("POST", "/v1/assistants", {"model": MODEL})["id"]

    def ledger(self) -> list[Json]:
        ledger: list[Json] = self._ask("GET", "/shop/ledger")
        return ledger

    def journal(self) -> list[Json]:
        journal: list[Json] = self._ask("GET", "/_sim/journal")
        return journal

    def _ask(self, method: str, path: str, body: Json | None = None) -> Any:
        return self._http.request(method, path, json=body).raise_for_status().json()


def scenario(planned: PlannedRun) -> str:
    return f"soak-{planned.number}"

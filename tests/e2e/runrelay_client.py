"""Runrelay and its simulator from the outside, in the words of the tests: over HTTP, as a user has them."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx2
from ulid import ULID

from runrelay.stack import Stack

TERMINAL = {"completed", "incomplete", "failed", "cancelled", "expired", "lost"}
PATIENCE_SECONDS = 120
POLL_SECONDS = 0.3
TIME_IN_ULID = 10
"""How many of its first characters tell when it was made."""


def outputs_of(stack: Stack) -> dict[str, str]:
    """Read what CloudFormation says of a stack."""
    (described,) = stack.client("cloudformation").describe_stacks(StackName=stack.stack_name)["Stacks"]
    return {each["OutputKey"]: each["OutputValue"] for each in described["Outputs"]}


@dataclass(frozen=True)
class Client:
    """Starts runs, waits for their ends and reads what the simulator saw.

    Attributes:
        began_at: From then on run ids are of this client's test; those before may still be under way.
    """

    stack: Stack
    http: httpx2.Client
    began_at: float = field(default_factory=time.time)

    def put_scenario(self, *turns: dict[str, Any]) -> str:
        """Teach the model what to do; gives the scenario's name, new each time."""
        name = f"scenario-{uuid4()}"
        self._simulator("PUT", f"/_sim/scenarios/{name}", {"turns": list(turns)})
        return name

    def put_faults(self, **faults: Any) -> None:
        self._simulator("PUT", "/_sim/faults", {"seed": 7, **faults})

    def start(self, *turns: dict[str, Any], kind: str = "response", **body: Any) -> str:
        """Start a run whose model does these turns; gives its id."""
        answer = self.post_run(
            {
                "kind": kind,
                "request": body.get("request") or self.request(kind),
                "metadata": {"scenario": self.put_scenario(*turns)},
                **body,
            }
        )
        assert answer.status_code == 202, answer.text
        run_id: str = answer.json()["run_id"]
        return run_id

    def request(self, kind: str, prompt: str = "go") -> dict[str, Any]:
        """Make a create body; a thread's needs an assistant, who is made first."""
        match kind:
            case "session":
                return {"agent": {"model": "gpt-6-astra"}, "input": prompt}
            case "thread":
                message = {"role": "user", "content": prompt}
                return {"assistant_id": self._assistant(), "thread": {"messages": [message]}}
            case _:
                return {"model": "gpt-6-astra", "input": prompt}

    def _assistant(self) -> str:
        headers = {"authorization": f"Bearer {self.stack.openai_api_key}", "openai-beta": "assistants=v2"}
        url = f"{self.stack.simulator_url}/v1/assistants"
        assistant_id: str = self.http.post(url, json={"model": "gpt-6-astra"}, headers=headers).json()["id"]
        return assistant_id

    def post_run(self, body: dict[str, Any], **headers: str) -> httpx2.Response:
        return self.http.post(f"{self.stack.api_url}/runs", json=body, headers=headers)

    def post_bytes(self, path: str, body: bytes) -> httpx2.Response:
        headers = {"content-type": "application/json"}
        return self.http.post(self.stack.api_url + path, content=body, headers=headers)

    def run(self, run_id: str) -> dict[str, Any]:
        answer = self.http.get(f"{self.stack.api_url}/runs/{run_id}")
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    def listed(self, **query: str) -> list[str]:
        """Give the ids of a page of runs."""
        page = self.http.get(f"{self.stack.api_url}/runs", params=query).json()
        return [run["run_id"] for run in page["runs"]]

    def ended(self, run_id: str, *, patience_seconds: float = PATIENCE_SECONDS) -> dict[str, Any]:
        """Wait for a run's end and show it."""
        until = time.monotonic() + patience_seconds
        while (run := self.run(run_id))["status"] not in TERMINAL:
            assert time.monotonic() < until, f"the run did not end: {run}"
            time.sleep(POLL_SECONDS)
        return run

    def until(self, run_id: str, is_so: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Wait until something is so of a run."""
        until = time.monotonic() + PATIENCE_SECONDS
        while not is_so(run := self.run(run_id)):
            assert time.monotonic() < until, f"the run did not come to that: {run}"
            time.sleep(POLL_SECONDS)
        return run

    def waiting(self, run_id: str, outcome: str = "awaiting_decision") -> dict[str, Any]:
        """Wait until a call of a run has an outcome, and give the call."""
        run = self.until(run_id, lambda run: outcome in [call["outcome"] for call in run["calls"]])
        return next(call for call in run["calls"] if call["outcome"] == outcome)

    def decide(self, run_id: str, call_id: str, **decision: Any) -> httpx2.Response:
        return self.http.post(f"{self._call(run_id, call_id)}/decision", json=decision)

    def give(self, run_id: str, call_id: str, **result: Any) -> httpx2.Response:
        """Give the output of a call, or an error."""
        return self.http.post(f"{self._call(run_id, call_id)}/output", json=result)

    def cancel(self, run_id: str) -> httpx2.Response:
        return self.http.post(f"{self.stack.api_url}/runs/{run_id}/cancel")

    def delete(self, run_id: str) -> httpx2.Response:
        return self.http.delete(f"{self.stack.api_url}/runs/{run_id}")

    def is_at_openai(self, path: str) -> bool:
        """Say whether the simulator has an object."""
        betas = {"openai-beta": "agents=v1, assistants=v2"}
        headers = {"authorization": f"Bearer {self.stack.openai_api_key}", **betas}
        return self.http.get(f"{self.stack.simulator_url}/v1{path}", headers=headers).is_success

    def endpoints(self) -> list[dict[str, Any]]:
        """List the webhook endpoints of the project at OpenAI."""
        headers = {"authorization": f"Bearer {self.stack.openai_api_key}"}
        url = f"{self.stack.simulator_url}/v1/webhook_endpoints"
        listed: list[dict[str, Any]] = self.http.get(url, headers=headers).json()["data"]
        return listed

    def _call(self, run_id: str, call_id: str) -> str:
        return f"{self.stack.api_url}/runs/{run_id}/calls/{quote(call_id, safe='')}"

    def timeline(self, run_id: str) -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = self.http.get(f"{self.stack.api_url}/runs/{run_id}/events").json()[
            "events"
        ]
        return events

    def journal(self, kind: str) -> list[dict[str, Any]]:
        """Read the simulator's journal: `request`s it received or `webhook`s it sent."""
        entries: list[dict[str, Any]] = self._simulator("GET", "/_sim/journal")
        return [entry for entry in entries if entry["kind"] == kind]

    def openai_requests(self, run_id: str | None = None) -> list[str]:
        """List the requests the simulator got, or those of one run, as `POST /v1/responses`: without ids."""
        return [
            f"{entry['method']} {'/'.join(part for part in entry['path'].split('/') if not is_id(part))}"
            for entry in self._requests(run_id)
            if entry["path"] != "/v1/assistants"
        ]

    def posted(self, run_id: str) -> list[dict[str, Any]]:
        """List the bodies that the simulator was sent for a run, and not for those of the tests before."""
        return [entry["request"] for entry in self._requests(run_id) if entry["method"] == "POST"]

    def outputs_sent(self, run_id: str) -> list[str]:
        """List the outputs of a Response run's last follow-up."""
        return [item["output"] for item in self.posted(run_id)[-1]["input"]]

    def _requests(self, run_id: str | None) -> list[dict[str, Any]]:
        """List the requests the simulator got, or those that name one run by its id or the provider's."""
        own = run_id and {run_id} | self._provider_ids(run_id)
        return [entry for entry in self.journal("request") if not own or own & ids_in(entry)]

    def _provider_ids(self, run_id: str) -> set[str]:
        own = [each for each in self.resources() if each["metadata"].get("runrelay_run_id") == run_id]
        return {each[name] for each in own for name in ("id", "thread_id") if name in each}

    def metric(self, name: str, function: str = "worker") -> float:
        """Sum a metric of a function's, from its log."""
        group = f"/aws/lambda/{self.stack.stack_name}/{function}"
        pages = self.stack.client("logs").get_paginator("filter_log_events")
        found = [
            json.loads(event["message"])
            for page in pages.paginate(logGroupName=group, filterPattern=name)
            for event in page["events"]
        ]
        return sum(sum(line.get(name, [])) for line in found)

    def dead_letters(self) -> int:
        """Count the messages in both dead-letter queues."""
        sqs, name = self.stack.client("sqs"), "ApproximateNumberOfMessages"
        urls = (self.stack.run_dead_letter_queue_url, self.stack.tool_dead_letter_queue_url)
        answers = [sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name]) for url in urls]
        return sum(int(answer["Attributes"][name]) for answer in answers)

    def effects(self) -> list[dict[str, Any]]:
        """List what tools did in the shop for the runs of this test."""
        first = f"run_{ULID.from_timestamp(self.began_at)}"[: len("run_") + TIME_IN_ULID]
        ledger: list[dict[str, Any]] = self._simulator("GET", "/shop/ledger")
        return [effect for effect in ledger if effect["run_id"] >= first]

    def resources(self) -> list[dict[str, Any]]:
        """List what the simulator holds: responses, sessions, thread runs."""
        resources: list[dict[str, Any]] = self._simulator("GET", "/_sim/resources")
        return resources

    def eventually(self, is_so: Callable[[], bool]) -> None:
        """Wait until something is so that no run shows."""
        until = time.monotonic() + PATIENCE_SECONDS
        while not is_so():
            assert time.monotonic() < until, "it never came to that"
            time.sleep(0.2)

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


def is_id(part: str) -> bool:
    return "_" in part and part != "submit_tool_outputs"


def ids_in(entry: dict[str, Any]) -> set[str]:
    """The ids that a request names: in its path, or as the run in its metadata."""
    metadata = (entry["request"] or {}).get("metadata") or {}
    return {*entry["path"].split("/"), metadata.get("runrelay_run_id", "")}


def calls(*names_and_arguments: tuple[str, Any], seconds: float = 0.1, **more: Any) -> dict[str, Any]:
    """Make a turn in which the model calls tools, in parallel."""
    return {
        "seconds": seconds,
        "calls": [{"name": name, "arguments": arguments} for name, arguments in names_and_arguments],
        **more,
    }


def approvals(*asked: dict[str, Any], seconds: float = 0.1) -> dict[str, Any]:
    """Make a session's turn in which the provider's own tools ask for approvals."""
    return {"seconds": seconds, "approvals": list(asked)}


def text(words: str, *, seconds: float = 0.1) -> dict[str, Any]:
    """Make a turn in which the model answers."""
    return {"seconds": seconds, "text": words}


def event(event_type: str, resource_id: str | None = None, **data: Any) -> bytes:
    """Make a webhook's body."""
    envelope = {
        "object": "event",
        "id": f"evt_{uuid4().hex}",
        "type": event_type,
        "created_at": int(time.time()),
    }
    about = {} if resource_id is None else {"id": resource_id}
    return json.dumps({**envelope, "data": about | data}).encode()

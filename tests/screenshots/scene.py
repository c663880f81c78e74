"""Runs to look at: one of each fate, on a stack that is up."""

import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import httpx2

from runrelay.client.blocking import Runrelay
from runrelay.client.models import Run
from runrelay.stack import Stack

MODEL: Final = "gpt-6-astra"
PATIENCE_SECONDS: Final = 60
WAIT_SECONDS: Final = 12
"""How long a person takes to decide in the run whose timeline is shown."""

ORDER: Final = {"name": "get_order", "arguments": {"order_id": "A-1042"}}
MISSING: Final = {"name": "get_order", "arguments": {"order_id": "Z-1"}}
LARGE: Final = {"name": "refund_order", "arguments": {"order_id": "A-1042", "cents": 150_000}}
SMALL: Final = {"name": "refund_order", "arguments": {"order_id": "A-1044", "cents": 1_290}}
EMAIL: Final = {
    "name": "send_email",
    "arguments": {"to": "ada@example.com", "subject": "Your refund", "body": "It is on its way."},
}
QUESTION: Final = {"name": "ask_warehouse", "arguments": {"question": "Is parcel 7 still there?"}}


class Scene:
    """Starts the runs."""

    def __init__(self, stack: Stack, client: Runrelay) -> None:
        self._simulator = stack.simulator_url
        self._client = client

    def begin(self, subject: str, *turns: Mapping[str, Any], kind: str = "response", prompt: str = "") -> str:
        """Start a run in which the model does these turns; gives its id."""
        name = f"scene-{time.monotonic_ns()}"
        with httpx2.Client(trust_env=False) as http:
            http.put(f"{self._simulator}/_sim/scenarios/{name}", json={"turns": turns}).raise_for_status()
        words = prompt or f"Look after {subject}."
        request = {"model": MODEL, "input": words}
        if kind == "session":
            request = {"agent": {"model": MODEL}, "input": words}  # type: ignore[dict-item]
        tools = sorted({call["name"] for turn in turns for call in turn.get("calls", ())})
        started = self._client.runs.start(
            request=request,
            kind=kind,
            tools=tools,
            subject=subject,
            metadata={"scenario": name},  # type: ignore[arg-type]
        )
        return started.run_id

    def until(self, run_id: str, is_so: Callable[[Run], object]) -> Run:
        return self._client.runs.wait(run_id, timeout=PATIENCE_SECONDS, until=is_so)

    def decide(self, run_id: str, *, approve: bool, reason: str | None = None) -> None:
        run = self.until(run_id, lambda run: run.waiting_calls)
        self._client.runs.decide(run_id, run.waiting_calls[0].call_id, approve=approve, reason=reason)

    def play(self) -> str:
        """Start them all, and give the id of the run that is shown whole."""
        self.begin("order A-1001", {"calls": [ORDER]}, {"text": "It was handed over on Friday."})
        self.begin("ticket 88", {"fail": {"code": "server_error", "message": "The model had an error."}})
        cancelled = self.begin("report 2026-11", {"never": True})
        self.begin("order Z-1", {"calls": [MISSING]}, {"text": "There is no such order."})
        self.begin("chat 4711", {"calls": [ORDER]}, {"text": "It is on its way."}, kind="session")
        self.until(cancelled, lambda run: run.status == "in_progress")
        self._client.runs.cancel(cancelled)
        denied = self.begin("refund A-1043", {"calls": [LARGE]}, {"text": "I was not allowed to."})
        self.decide(denied, approve=False, reason="Not without the receipt.")
        shown = self.begin(
            "refund A-1042",
            {"seconds": 0.8, "calls": [ORDER, SMALL]},
            {"seconds": 0.6, "calls": [LARGE]},
            {"seconds": 0.5, "calls": [EMAIL]},
            {"seconds": 0.7, "text": "1,500 euros are refunded, and Ada was told."},
            prompt="Ada Lovelace wants her money back for A-1042. Look it up, refund it, and tell her.",
        )
        self.begin("long read", {"seconds": 600, "text": "Done."})
        self.begin("parcel 7", {"calls": [QUESTION]}, {"text": "It has left."})
        self.begin("refund A-1050", {"calls": [LARGE]}, {"text": "Done."})
        self.until(shown, lambda run: run.waiting_calls)
        time.sleep(WAIT_SECONDS)
        self.decide(shown, approve=True, reason="She has the receipt.")
        self.until(shown, lambda run: run.is_over)
        return shown

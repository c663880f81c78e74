"""The simulator's controls, and what it still has to send."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import httpx2

from tests.harness.scenario import Turn


class Simulation:
    """The simulator, seen from its `/_sim` side."""

    def __init__(self, client: httpx2.Client) -> None:
        self._client = client

    def reset(self) -> None:
        """Forget everything; what is under way ends without a webhook."""
        self._client.post("/_sim/reset").raise_for_status()

    def put_scenario(self, turns: Sequence[Turn]) -> str:
        """Write down what the model will do, and give the scenario's name."""
        name = f"scenario-{uuid4()}"
        self._client.put(f"/_sim/scenarios/{name}", json={"turns": list(turns)}).raise_for_status()
        return name

    def faults(self, **faults: Any) -> None:
        """Put these faults in the place of all others."""
        self._client.put("/_sim/faults", json=faults).raise_for_status()

    def journal(self, **query: Any) -> list[dict[str, Any]]:
        """Give every request received and webhook sent."""
        return self._asked("/_sim/journal", **query)

    def resources(self) -> list[dict[str, Any]]:
        """Give every resource that was created, oldest first."""
        return self._asked("/_sim/resources")

    def effects(self) -> list[dict[str, Any]]:
        """Give the side effects that the shop counted."""
        return self._asked("/shop/ledger")

    def awaited(self) -> set[str]:
        """Name what a webhook is due for: each turn that has had none, and each webhook without an answer."""
        sent = self.journal(kind="webhook")
        on_its_way = {entry["webhook_id"] for entry in sent if not _is_settled(entry)}
        told = {entry["request"]["data"].get("id") for entry in sent}
        return on_its_way | {each["id"] for each in self.resources() if each["id"] not in told}

    def _asked(self, path: str, **query: Any) -> list[dict[str, Any]]:
        answer: list[dict[str, Any]] = self._client.get(path, params=query).raise_for_status().json()
        return answer


def _is_settled(entry: dict[str, Any]) -> bool:
    """Say whether a webhook was answered, or will never be sent."""
    return entry["status"] is not None or entry.get("fault") == "drop"

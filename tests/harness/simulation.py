"""The simulator's controls, and what it still has to send."""

from collections import Counter
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

    def post(self, path: str, body: dict[str, Any], *, api_key: str) -> Any:
        """Have somebody else, who has the key too, ask the API for something."""
        headers = {"authorization": f"Bearer {api_key}", "openai-beta": "agents=v1, assistants=v2"}
        answer = self._client.post(f"/v1{path}", json=body, headers=headers).raise_for_status()
        return answer.json() if answer.content else None

    def is_known(self, path: str, *, api_key: str) -> bool:
        """Say whether the API has an object at a path."""
        headers = {"authorization": f"Bearer {api_key}", "openai-beta": "agents=v1, assistants=v2"}
        return self._client.get(f"/v1{path}", headers=headers).is_success

    def awaited(self) -> set[str]:
        """Name what happens by itself: each resource that is at work or has yet to tell how it stands.

        The name of a session or of a thread run is another one after each step of its work. A webhook that
        has no answer yet is awaited too.
        """
        sent = self.journal(kind="webhook")
        on_its_way = {entry["webhook_id"] for entry in sent if not _is_settled(entry)}
        told: dict[str, dict[str, str]] = {}
        for entry in sent:
            types = told.setdefault(str(entry["request"]["data"].get("id")), {})
            types[entry["webhook_id"]] = entry["request"]["type"]
        stages = (_stage(each, Counter(told.get(each["id"], {}).values())) for each in self.resources())
        return on_its_way | {stage for stage in stages if stage}

    def _asked(self, route: str, **query: Any) -> list[dict[str, Any]]:
        answer: list[dict[str, Any]] = self._client.get(route, params=query).raise_for_status().json()
        return answer


def _stage(resource: dict[str, Any], told: Counter[str]) -> str | None:
    """Name the stage that a resource is in, if it will leave it, or tell of it, without anybody's doing.

    Args:
        told: How many of its webhooks there were, by type.
    """
    match resource["object"]:
        case "agent.session":
            stage = f"{resource['id']} {told.total()}"
            return stage if _is_session_at_work(resource, told) else None
        case "thread.run":
            stage = f"{resource['id']} {resource['status']}"
            return stage if resource["status"] in ("queued", "in_progress", "cancelling") else None
        case _:
            return None if told else resource["id"]


def _is_session_at_work(session: dict[str, Any], told: Counter[str]) -> bool:
    """Say whether a webhook of a session is due: it enters a state, and tells of it, several times a turn."""
    ended = [turn for turn in session["turns"] if turn["subagent_id"] is None and turn["completed_at"]]
    match session["status"]:
        case "in_progress":
            return True
        case "idle":
            return not ended or told["agent.session.idle"] <= len(ended)
        case "requires_action":
            asked = {action["type"] for action in session["required_actions"]}
            is_told = 0 < told["agent.session.in_progress"] == told["agent.session.action_required"]
            return not is_told or asked == {"environment_connection"}
        case status:
            return not told[f"agent.session.{status}"]


def _is_settled(entry: dict[str, Any]) -> bool:
    """Say whether a webhook was answered, or will never be sent."""
    return entry["status"] is not None or entry.get("fault") == "drop"

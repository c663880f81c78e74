"""Reusable agents, from which sessions take their settings."""

import time
from dataclasses import dataclass, field

from simulator.sessions.agent import agent_of, checked_settings
from simulator.wire.bodies import JsonObject
from simulator.wire.errors import missing_parameter, not_found
from simulator.wire.identifiers import new_id
from simulator.wire.metadata import checked_metadata


@dataclass
class SavedAgent:
    """An agent.

    Attributes:
        asked: What its creation and updates have asked for; the rest is OpenAI's.
    """

    asked: JsonObject
    id: str = field(default_factory=lambda: new_id("agent"))
    created_at: int = field(default_factory=lambda: int(time.time()))
    updated_at: int = field(default_factory=lambda: int(time.time()))

    def as_json(self) -> JsonObject:
        about = {"object": "agent", "created_at": self.created_at, "updated_at": self.updated_at}
        optional = {
            "compaction": {"async": bool((self.asked.get("compaction") or {}).get("async"))},
            "experimental": {"time_awareness": False} | (self.asked.get("experimental") or {}),
        }
        kept = {"name": self.asked.get("name"), "metadata": checked_metadata(self.asked)}
        return {"id": self.id} | about | agent_of(self.asked, "") | optional | kept


class SavedAgents:
    def __init__(self) -> None:
        self._kept: dict[str, SavedAgent] = {}

    def create(self, request: JsonObject) -> JsonObject:
        """Save an agent.

        Raises:
            ApiError: OpenAI would refuse it.
        """
        agent = SavedAgent(_checked(request))
        self._kept[agent.id] = agent
        return agent.as_json()

    def get(self, agent_id: object) -> SavedAgent:
        if not isinstance(agent_id, str) or agent_id not in self._kept:
            raise not_found(f"Agent with id '{agent_id}' not found.")
        return self._kept[agent_id]

    def update(self, agent_id: str, request: JsonObject) -> JsonObject:
        """Change what the request names, all of it or nothing; sessions keep what they took from it."""
        agent = self.get(agent_id)
        merged = (agent.asked.get("experimental") or {}) | (request.get("experimental") or {})
        agent.asked = _checked(agent.asked | request | {"experimental": merged})
        agent.updated_at = int(time.time())
        return agent.as_json()

    def delete(self, agent_id: str) -> JsonObject:
        del self._kept[self.get(agent_id).id]
        return {"id": agent_id, "object": "agent.deleted", "deleted": True}

    def all(self) -> list[JsonObject]:
        return [agent.as_json() for agent in self._kept.values()]

    def clear(self) -> None:
        self._kept.clear()


def _checked(asked: JsonObject) -> JsonObject:
    if not isinstance(asked.get("model"), str) or not asked["model"]:
        raise missing_parameter("model")
    agent_of(checked_settings(asked, ""), "")
    checked_metadata(asked)
    return asked

"""A session as the simulator keeps it: the object, its turns and items, and who listens."""

import asyncio
import time
from dataclasses import dataclass, field

from simulator.scenarios.turn import PublishedFile
from simulator.wire.bodies import JsonObject
from simulator.wire.errors import not_found
from simulator.wire.identifiers import new_id

TERMINAL_TURN_STATUSES = ("completed", "failed", "cancelled")


@dataclass
class SessionTurn:
    """A turn.

    Attributes:
        body: The `Turn` object as it is now.
        messages: The user messages that started or steered it before it was seen.
        files: What it publishes if it is completed.
        is_seen: False until it can be listed: accepted input takes a while to start its turn.
        answered: Set when nothing is pending.
    """

    body: JsonObject
    messages: list[list[JsonObject]] = field(default_factory=list)
    files: list[PublishedFile] = field(default_factory=list)
    is_seen: bool = False
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    work: asyncio.Task[None] | None = None

    @property
    def id(self) -> str:
        return str(self.body["id"])


@dataclass
class Subagent:
    """A subagent.

    Attributes:
        body: The `Subagent` object as it is now.
        items: Those of its turns, which are not among the session's.
    """

    body: JsonObject
    turns: list[SessionTurn] = field(default_factory=list)
    items: list[JsonObject] = field(default_factory=list)

    @property
    def id(self) -> str:
        return str(self.body["id"])

    def turn(self, turn_id: str) -> SessionTurn:
        turn = next((each for each in self.turns if each.id == turn_id), None)
        if turn is None:
            raise not_found(f"Turn with id '{turn_id}' not found.")
        return turn

    def items_of(self, turn_id: str) -> list[JsonObject]:
        return [item for item in self.items if item["turn_id"] == turn_id]


@dataclass(frozen=True)
class Artifact:
    """A file that a turn has published; nothing changes it any more."""

    body: JsonObject
    content: bytes

    @property
    def id(self) -> str:
        return str(self.body["id"])


@dataclass
class StoredSession:
    """A session.

    Attributes:
        body: The `AgentSession` object as it is now.
        turns: Those that can be seen, oldest first.
        active: The turn that has not ended, seen or not.
        scenario_turns: How many turns of its scenario have begun.
        accepted: The body that each idempotency key came with.
        refused_calls: The calls whose result a fault has refused once.
        stale_actions: What a fault shows to the next retrieval in the place of what is pending.
        listeners: One queue for each open stream; None ends it.
    """

    body: JsonObject
    turns: list[SessionTurn] = field(default_factory=list)
    items: list[JsonObject] = field(default_factory=list)
    subagents: list[Subagent] = field(default_factory=list)
    artifacts: list[Artifact] = field(default_factory=list)
    active: SessionTurn | None = None
    scenario_turns: int = 0
    accepted: dict[str, JsonObject] = field(default_factory=dict)
    refused_calls: set[str] = field(default_factory=set)
    stale_actions: list[JsonObject] | None = None
    listeners: list[asyncio.Queue[bytes | None]] = field(default_factory=list)
    created_at: float = field(default_factory=time.time)

    @property
    def id(self) -> str:
        return str(self.body["id"])

    @property
    def pending(self) -> list[JsonObject]:
        actions: list[JsonObject] = self.body["required_actions"]
        return actions

    def items_of(self, turn_id: str) -> list[JsonObject]:
        return [item for item in self.items if item.get("turn_id") == turn_id]

    def subagent(self, subagent_id: str) -> Subagent:
        subagent = next((each for each in self.subagents if each.id == subagent_id), None)
        if subagent is None:
            raise not_found(f"Subagent with id '{subagent_id}' not found.")
        return subagent

    def artifact(self, artifact_id: str) -> Artifact:
        artifact = next((each for each in self.artifacts if each.id == artifact_id), None)
        if artifact is None:
            raise not_found(f"Artifact with id '{artifact_id}' not found.")
        return artifact

    def latest_call(self, call_id: str) -> JsonObject:
        calls = (item for item in reversed(self.items) if item["type"] == "function_call")
        return next(call for call in calls if call["call_id"] == call_id)


def new_turn(session: StoredSession, *, subagent_id: str | None = None) -> SessionTurn:
    now = int(time.time())
    return SessionTurn(
        {
            "id": new_id("turn"),
            "object": "agent.session.turn",
            "session_id": session.id,
            "agent_id": session.body["agent"]["id"],
            "subagent_id": subagent_id,
            "status": "queued",
            "created_at": now,
            "started_at": None,
            "completed_at": None,
            "error": None,
            "usage": None,
        }
    )

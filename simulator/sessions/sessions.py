"""The Agents API: sessions, what is asked of them, and what is sent to them."""

import asyncio
from collections.abc import Mapping

from simulator.faults import Faults
from simulator.sessions.environments.environments import Environments
from simulator.sessions.inputs import PREFIX, input_events, input_messages, is_answer
from simulator.sessions.news import SessionNews
from simulator.sessions.object import changed_session, new_session
from simulator.sessions.required_actions import answered_action, unknown_pending_call
from simulator.sessions.saved_agents import SavedAgents
from simulator.sessions.state import SessionTurn, StoredSession
from simulator.sessions.turns import SessionTurns
from simulator.wire.bodies import JsonObject
from simulator.wire.errors import ApiError, invalid, not_found

REUSED_KEY = "This idempotency key was used with another body."

type Listener = asyncio.Queue[bytes | None]
type Planned = tuple[JsonObject, JsonObject | None]


class Sessions:
    def __init__(
        self,
        *,
        agents: SavedAgents,
        environments: Environments,
        faults: Faults,
        news: SessionNews,
        turns: SessionTurns,
    ) -> None:
        self._agents = agents
        self._environments = environments
        self._faults = faults
        self._news = news
        self._turns = turns
        self._sessions: dict[str, StoredSession] = {}

    def create(self, request: JsonObject, listener: Listener | None = None) -> StoredSession:
        """Create a session; its input, if there is one, starts a turn a little later.

        Raises:
            ApiError: OpenAI would refuse the request.
        """
        asked = self._resolved(request)
        session = StoredSession(new_session(asked, self._saved_agent(request)))
        messages = input_messages(request["input"], "input") if request.get("input") else []
        self._environments.attach(session.body["environment"])
        self._sessions[session.id] = session
        session.listeners += [listener] if listener else []
        self._news.created(session)
        self._news.entered(session)
        if messages:
            self._turns.hear(session, messages)
        return session

    def get(self, session_id: str) -> StoredSession:
        if session_id not in self._sessions:
            raise not_found(f"Session with id '{session_id}' not found.")
        return self._sessions[session_id]

    def get_turn(self, session_id: str, turn_id: str) -> SessionTurn:
        turn = next((each for each in self.get(session_id).turns if each.id == turn_id), None)
        if turn is None:
            raise not_found(f"Turn with id '{turn_id}' not found.")
        return turn

    def show(self, session_id: str) -> tuple[JsonObject, bool]:
        """Show a session to a retrieval, and tell whether a fault makes it an old picture."""
        session = self.get(session_id)
        stale, session.stale_actions = session.stale_actions, None
        if stale is None:
            return session.body, False
        return session.body | {"status": "requires_action", "required_actions": stale}, True

    def all(self) -> list[StoredSession]:
        """List the sessions that are not deleted, oldest first."""
        return list(self._sessions.values())

    def matching(self, metadata: Mapping[str, str], agent_id: str | None) -> list[StoredSession]:
        """List the sessions with all of this metadata, oldest first."""
        return [
            session
            for session in self.all()
            if metadata.items() <= session.body["metadata"].items()
            and agent_id in (None, session.body["agent"]["id"])
        ]

    def update(self, session_id: str, request: JsonObject) -> JsonObject:
        session = self.get(session_id)
        session.body = changed_session(session.body, request)
        return session.body

    def delete(self, session_id: str) -> JsonObject:
        """Delete a session, which no webhook tells.

        Raises:
            ApiError: A turn is under way, which must be cancelled first.
        """
        session = self.get(session_id)
        if session.active:
            raise invalid(None, "Cannot delete a session while a turn is running. Cancel the turn first.")
        _close_streams(session)
        del self._sessions[session_id]
        return {"id": session_id, "object": "agent.session.deleted", "deleted": True}

    def send(self, session_id: str, request: JsonObject, idempotency_key: str | None) -> None:
        """Take the events of a request: all of them or, when one is refused, none.

        Raises:
            ApiError: An event is malformed or answers nothing that is pending (400), the session has
                failed (400), or the key was used with another body (409).
        """
        session = self.get(session_id)
        if idempotency_key in session.accepted:
            if session.accepted[idempotency_key] != request:
                raise ApiError(409, REUSED_KEY, code="idempotency_key_reused", param="Idempotency-Key")
            return
        planned = self._plan(session, input_events(request))
        self._strike(session, planned)

        before = session.pending
        for event, action in planned:
            self._take(session, event, action)
        is_answered = any(action for _, action in planned)
        if is_answered and session.stale_actions is None and self._faults.draw_stale_required_action():
            session.stale_actions = before
        if idempotency_key is not None:
            session.accepted[idempotency_key] = request

    def clear(self) -> None:
        for session in self._sessions.values():
            _close_streams(session)
        self._sessions.clear()

    def _resolved(self, request: JsonObject) -> JsonObject:
        environment = request.get("environment")
        if not isinstance(environment, dict):
            return request
        return request | {"environment": self._environments.resolved(environment)}

    def _saved_agent(self, request: JsonObject) -> JsonObject | None:
        if request.get("agent_id") is None:
            return None
        saved = self._agents.get(request["agent_id"])
        return saved.asked | {"id": saved.id}

    def _plan(self, session: StoredSession, events: list[JsonObject]) -> list[Planned]:
        """Put beside each event the required action that it answers."""
        if session.body["status"] == "failed":
            raise invalid(None, "The session has failed and takes no input.")
        pending, planned = list(session.pending), []
        for event in events:
            action = answered_action(pending, event) if is_answer(event) else None
            planned.append((event, action))
            if action:
                pending.remove(action)
        return planned

    def _strike(self, session: StoredSession, planned: list[Planned]) -> None:
        """Refuse a valid result when the fault says so, no result twice."""
        for event, action in planned:
            if not action or action["type"] != "function_call":
                continue
            is_new = action["call_id"] not in session.refused_calls
            if is_new and self._faults.draw_unknown_pending_call():
                session.refused_calls.add(action["call_id"])
                refusal = unknown_pending_call(event)
                refusal.fault = "unknown_pending_call"
                raise refusal

    def _take(self, session: StoredSession, event: JsonObject, action: JsonObject | None) -> None:
        if action:
            if action in session.pending:  # not if an event before it was a cancel
                self._turns.answer(session, action, event)
        elif event["type"] == f"{PREFIX}message":
            self._turns.hear(session, event["input"])
        else:
            self._turns.cancel(session, seconds=self._faults.api.cancel_seconds)


def _close_streams(session: StoredSession) -> None:
    for listener in session.listeners:
        listener.put_nowait(None)

"""The turns of a session: from accepted input through what is required to the end."""

import asyncio
import time

from simulator.background import Background
from simulator.scenarios.scenarios import Scenarios
from simulator.scenarios.turn import EnvironmentConnection, Turn
from simulator.sessions.agent import functions_of
from simulator.sessions.items import (
    commentary,
    final_message,
    function_call,
    function_call_output,
    login_request,
    login_result,
    mcp_call,
    user_message,
)
from simulator.sessions.news import SessionNews
from simulator.sessions.object import total_usage
from simulator.sessions.outcome import Outcome, outcome_of, usage_of
from simulator.sessions.parts.artifacts import publish
from simulator.sessions.parts.subagents import close_subagent, open_subagent, work
from simulator.sessions.required_actions import required_actions
from simulator.sessions.state import SessionTurn, StoredSession, new_turn
from simulator.wire.bodies import JsonObject
from simulator.wire.identifiers import new_id

# Of the first scenario turn: accepted but not to be seen yet, which is long enough to look at the session
# that a webhook calls `idle`; then queued.
UNSEEN_SHARE = 0.3
QUEUED_SHARE = 0.1


class SessionTurns:
    def __init__(self, *, scenarios: Scenarios, news: SessionNews, background: Background) -> None:
        self._scenarios = scenarios
        self._news = news
        self._background = background

    def hear(self, session: StoredSession, messages: list[list[JsonObject]]) -> None:
        """Start a turn with user messages, or steer the one that has not ended."""
        turn = session.active
        if turn and turn.is_seen:
            for content in messages:
                self._add(session, user_message(turn.id, content))
        elif turn:
            turn.messages += messages
        else:
            turn = session.active = new_turn(session)
            turn.messages += messages
            turn.work = self._background.start(self._run(session, turn))

    def answer(self, session: StoredSession, action: JsonObject, result: JsonObject) -> None:
        """Take the answer to a required action; the last one lets the turn go on."""
        if action["type"] == "function_call":
            call = session.latest_call(action["call_id"])
            call["status"] = "completed" if result["success"] else "failed"
            self._news.item_done(session, call)
            self._add(session, function_call_output(result))
        elif action["type"] == "mcp_approval_request":
            self._add(session, mcp_call(action, result["response"]["decision"]))
        elif action["request"]["type"] == "browser_authentication":
            self._add(session, login_result(action, result["response"]))
        self._settle(session, action)

    def cancel(self, session: StoredSession, *, seconds: float = 0.0) -> None:
        """Cancel the turn that has not ended, if there is one, now or a while later."""
        turn = session.active
        if turn is not None and seconds:
            self._background.start(self._cancel_after(seconds, session, turn))
        elif turn is not None:
            self._cancel(session, turn)

    async def _cancel_after(self, seconds: float, session: StoredSession, turn: SessionTurn) -> None:
        await asyncio.sleep(seconds)
        if session.active is turn:
            self._cancel(session, turn)

    def _cancel(self, session: StoredSession, turn: SessionTurn) -> None:
        if turn.work:
            turn.work.cancel()
        if not turn.is_seen:
            self._show(session, turn)
        for item in session.items_of(turn.id):
            if item.get("status") == "in_progress":
                item["status"] = "incomplete"
        self._end(session, turn, Outcome("cancelled"))

    async def _run(self, session: StoredSession, turn: SessionTurn) -> None:
        script = self._next(session)
        await asyncio.sleep(script.seconds * UNSEEN_SHARE)
        self._show(session, turn)
        self._enter(session, "in_progress")
        await asyncio.sleep(script.seconds * QUEUED_SHARE)
        turn.body.update(status="in_progress", started_at=int(time.time()))
        self._news.turned(session, turn, "in_progress")

        share = 1 - UNSEEN_SHARE - QUEUED_SHARE
        while await self._asks(session, turn, script, share):
            await turn.answered.wait()
            script, share = self._next(session), 1
        self._end(session, turn, outcome_of(script), script)

    def _next(self, session: StoredSession) -> Turn:
        begun = session.scenario_turns
        session.scenario_turns += 1
        return self._scenarios.next_turn(session.body["metadata"], begun, functions_of(session.body["agent"]))

    async def _asks(self, session: StoredSession, turn: SessionTurn, script: Turn, share: float) -> bool:
        """Work through a turn of the scenario, and tell whether it has asked for something."""
        await asyncio.sleep(script.seconds * share)
        if script.is_endless:
            await asyncio.Event().wait()
        for _ in range(script.subagents):
            self._let_subagent_work(session)
        turn.files += script.artifacts
        for item in script.items:
            self._add(session, {"id": new_id("item"), "turn_id": turn.id} | item)
        actions = required_actions(script, turn.id)
        if not actions or script.failure or script.incomplete_reason:
            return False
        self._ask(session, turn, script, actions)
        return True

    def _ask(
        self, session: StoredSession, turn: SessionTurn, script: Turn, actions: list[JsonObject]
    ) -> None:
        turn.answered.clear()
        turn.body["status"] = "waiting"
        session.body["required_actions"] = actions
        if script.text is not None:
            self._add(session, commentary(turn.id, script.text))
        for action in actions:
            if action["type"] == "function_call":
                self._add(session, function_call(action))
            elif action.get("request", {}).get("type") == "browser_authentication":
                self._add(session, login_request(action))
        self._enter(session, "requires_action")
        connections = [each for each in script.approvals if isinstance(each, EnvironmentConnection)]
        for connection in connections:
            self._background.start(self._connect(session, turn, connection))

    async def _connect(
        self, session: StoredSession, turn: SessionTurn, connection: EnvironmentConnection
    ) -> None:
        """Let an environment connect by itself, as an executor does that somebody starts elsewhere."""
        if connection.seconds is None:
            return
        await asyncio.sleep(connection.seconds)
        wanted = {"type": "environment_connection", "environment_id": connection.environment_id}
        if session.active is turn and wanted in session.pending:
            self._settle(session, wanted)

    def _settle(self, session: StoredSession, action: JsonObject) -> None:
        session.body["required_actions"] = [each for each in session.pending if each != action]
        if session.pending or session.active is None:
            return
        session.active.body["status"] = "in_progress"
        self._enter(session, "in_progress")
        session.active.answered.set()

    def _end(
        self, session: StoredSession, turn: SessionTurn, outcome: Outcome, script: Turn | None = None
    ) -> None:
        if script and script.text is not None and not script.failure:
            is_cut = script.incomplete_reason is not None
            self._add(session, final_message(turn.id, script.text, is_cut=is_cut))
        turn.body.update(
            status=outcome.status,
            error=outcome.error,
            completed_at=int(time.time()),
            usage=usage_of(session, turn),
        )
        if outcome.status == "completed":
            publish(session, turn)
        session.active = None
        session.body["required_actions"] = []
        session.body["usage"] = total_usage(
            each.body["usage"] for each in session.turns if each.body["usage"]
        )
        session.body["error"] = outcome.session_error
        self._news.turned(session, turn, outcome.status)
        self._enter(session, "failed" if outcome.session_error else "idle")

    def _show(self, session: StoredSession, turn: SessionTurn) -> None:
        turn.is_seen = True
        session.turns.append(turn)
        self._news.turned(session, turn, "created")
        for content in turn.messages:
            self._add(session, user_message(turn.id, content))

    def _let_subagent_work(self, session: StoredSession) -> None:
        subagent = open_subagent(session)
        self._news.subagent(session, subagent)
        work(session, subagent)
        close_subagent(subagent)
        self._news.subagent(session, subagent)

    def _enter(self, session: StoredSession, status: str) -> None:
        session.body.update(status=status, last_active_at=int(time.time()))
        self._news.entered(session)

    def _add(self, session: StoredSession, item: JsonObject) -> None:
        session.items.append(item)
        self._news.item(session, item)

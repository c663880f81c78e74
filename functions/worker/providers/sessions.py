"""Runs of kind `session`: sessions of the Agents API.

All turns of a run live in one session: they are stretches of its one root turn, each ending when it asks for
something. What it asks for is answered by events, under an idempotency key.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from contracts.errors import (
    AnswerLostError,
    DoubtfulError,
    ProviderBusyError,
    ProviderError,
    ProviderRefusedError,
    TooEarlyError,
)
from contracts.records import Run

from functions.worker.core.names import is_usable_id
from functions.worker.core.observation import TurnSeen
from functions.worker.providers.api import LOST, OpenAIApi, part
from functions.worker.providers.marks import marked, marks_of, older_marks_of
from functions.worker.providers.plain_json import Object, objects_in, text_in
from functions.worker.providers.provider import CallAnswer, Submission
from functions.worker.providers.responses import function_tool
from functions.worker.providers.session_object import (
    action_id,
    first_root_turn,
    is_terminal,
    session_seen,
    turn_over,
)

SESSIONS = "/agents/sessions"
BETA = "agents=v1"


class Sessions:
    """Drives turns inside sessions."""

    can_list = True

    def __init__(self, api: OpenAIApi) -> None:
        self._api = api
        self.gate = api.base_url

    def prepare(self, _submission: Submission) -> None:
        """Prepare nothing: a session needs nothing before it."""

    def submit(self, submission: Submission) -> str:
        """Create the session, or send it the answers to what it asked for."""
        if submission.turn == 1:
            return str(self._api.create(SESSIONS, create_body(submission))["id"])
        session_id = submission.run.provider_id or ""
        self._answer(session_id, submission.answers)
        return session_id

    def find(self, run: Run, *, by_older_marks: bool = False) -> Sequence[str]:
        """Find sessions by their metadata; the list follows a create by a moment."""
        marks = older_marks_of(run, 1) if by_older_marks else marks_of(run, 1)
        listed = self._api.all(SESSIONS, **{f"metadata[{key}]": value for key, value in marks.items()})
        ids = (text_in(session.get("id")) for session in marked(listed, run, by_older_marks=by_older_marks))
        return [session_id for session_id in ids if is_usable_id(session_id)]

    def look(self, provider_id: str, says: str | None = None) -> TurnSeen:
        """Read what a session asks for, and how its last root turn ended if it asks for nothing.

        An idle session says nothing of the outcome, nor whether its turn has begun. After a webhook that says
        `idle` the turn is read first, which is one request less.
        """
        session: Object = {"id": provider_id, "status": "idle"}
        if says != "idle":
            session = self._api.get(f"{SESSIONS}/{part(provider_id)}")
            if not text_in(session.get("id")) or not text_in(session.get("status")):
                raise ProviderBusyError(LOST)
        seen = replace(session_seen(session), provider_id=provider_id)
        if session["status"] != "idle":
            return seen
        turn = first_root_turn(self._api.all(f"{SESSIONS}/{part(provider_id)}/turns", order="desc"))
        if turn is None:
            return replace(seen, status="queued")
        if text_in(turn.get("status")) == "waiting" and says == "idle":
            return self.look(provider_id)
        if not is_terminal(turn):
            return replace(seen, status="in_progress")
        return turn_over(seen, turn, tuple(self._items(provider_id, turn)))

    def cancel(self, provider_id: str) -> None:
        """Cancel the session's first turn, which is its run's; what came after it is somebody else's."""
        turns = self._api.all(f"{SESSIONS}/{part(provider_id)}/turns", order="asc")
        first = first_root_turn(turns)
        if first is not None and is_terminal(first):
            return
        event = {"type": "agent.session.input.cancel"}
        self._api.post(f"{SESSIONS}/{part(provider_id)}/events", {"events": [event]})

    def delete(self, provider_id: str, _run_id: str) -> None:
        """Delete a session; one that still works has to be stopped first, which takes a moment."""
        try:
            self._api.delete(f"{SESSIONS}/{part(provider_id)}")
        except ProviderRefusedError as error:
            if error.is_of_account:
                raise
            self.cancel(provider_id)
            raise DoubtfulError(error.code, error.message) from error

    def _items(self, session_id: str, turn: Object) -> Iterable[Object]:
        """Read what a turn came to."""
        turn_id = text_in(turn.get("id"))
        if turn["status"] != "completed" or not is_usable_id(turn_id):
            return ()
        return self._api.all(f"{SESSIONS}/{part(session_id)}/turns/{part(turn_id)}/items", order="asc")

    def _answer(self, session_id: str, answers: Sequence[CallAnswer]) -> None:
        """Send answers in one request; what is refused is looked at, for some may have been taken already.

        OpenAI refuses an answer that comes a moment too early just as one that it has already (400,
        `Unknown pending tool call`), and takes all answers of a request or none.
        """
        try:
            self._send(session_id, answers)
        except (ProviderRefusedError, ProviderBusyError) as error:
            if isinstance(error, ProviderBusyError) and error.is_for_all:
                raise
            awaited = self._awaited(session_id, answers)
            if not awaited:
                return
            if len(awaited) == len(answers):
                raise _not_yet(error) from error
            self._send(session_id, awaited)

    def _send(self, session_id: str, answers: Sequence[CallAnswer]) -> None:
        """Send answers under a key that says what they are, so that sending them again is harmless.

        Their order is always the same, for it is part of the key.

        Raises:
            ProviderError: Never `AnswerLostError`.
        """
        in_order = sorted(answers, key=lambda answer: (answer.place, answer.call_id))
        body = {"events": [_event(answer) for answer in in_order]}
        key = hashlib.sha256(f"{session_id}|{json.dumps(body, sort_keys=True)}".encode()).hexdigest()
        try:
            self._api.post(f"{SESSIONS}/{part(session_id)}/events", body, idempotency_key=key)
        except AnswerLostError as error:
            raise ProviderBusyError.after(error) from error

    def _awaited(self, session_id: str, answers: Sequence[CallAnswer]) -> list[CallAnswer]:
        """Say which of these answers a session still asks for."""
        session = self._api.get(f"{SESSIONS}/{part(session_id)}")
        asked = {action_id(action) for action in objects_in(session.get("required_actions"))}
        return [answer for answer in answers if answer.call_id in asked]


def _not_yet(error: ProviderRefusedError | ProviderBusyError) -> ProviderError:
    return TooEarlyError(error.code, error.message) if isinstance(error, ProviderRefusedError) else error


def create_body(submission: Submission) -> dict[str, Any]:
    """Build the body of a session's create.

    The catalog's tools are offered beside those of the request's `agent`. A saved agent (`agent_id` alone)
    keeps the tools it has: naming any would replace them.
    """
    request = submission.body
    body = {"environment": {"type": "none"}, **request, "metadata": submission.metadata}
    if submission.offered and isinstance(agent := request.get("agent"), dict):
        tools = [*(agent.get("tools") or ()), *map(_function_tool, submission.offered)]
        body["agent"] = {**agent, "tools": tools}
    return body


def _function_tool(entry: Any) -> dict[str, Any]:  # noqa: ANN401
    """Offer a tool of the catalog; a session's tools have no `strict`."""
    return {key: value for key, value in function_tool(entry).items() if key != "strict"}


def _event(answer: CallAnswer) -> Mapping[str, Any]:
    """Write an answer as a session's input; the shapes are the SDK's `AgentSessionInputParam`."""
    if answer.type == "function_call":
        told = {"output": _output(answer)} if answer.is_success else {"error": answer.text}
        return {
            "type": "agent.session.input.tool_result",
            "turn_id": answer.provider_turn_id,
            "call_id": answer.call_id,
            "success": answer.is_success,
            **told,
        }
    return {
        "type": f"agent.session.input.{answer.type}_result",
        "request_id": answer.call_id,
        "response": _response(answer),
    }


def _output(answer: CallAnswer) -> str | list[dict[str, Any]]:
    """Give an output as a session takes it: of content parts only texts, and images by their URLs.

    Which is less than a Response takes (the SDK's `AgentFunctionCallOutputParam`); others are told as JSON.
    """
    taken = [
        {"type": part["type"], name: part[name]}
        for part in answer.parts or ()
        for name in ("text", "image_url")
        if isinstance(part.get(name), str)
    ]
    return taken if taken and len(taken) == len(answer.parts or ()) else answer.text


def _response(answer: CallAnswer) -> Mapping[str, Any]:
    if answer.type == "mcp_approval_request":
        return {"type": "mcp_tool_call", "decision": "approve" if answer.is_success else "deny"}
    if answer.name == "browser_authentication":
        return {"type": answer.name, "action": "cancel"}
    return {"type": answer.name, "decision": "approve" if answer.is_success else "deny"}

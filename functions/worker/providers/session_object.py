"""A session of the Agents API and its turns, read as a turn of ours."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from contracts.records import CallType, Failure

from functions.worker.core.observation import RequestedCall, TurnSeen
from functions.worker.providers.marks import marks_in, may_be_anothers
from functions.worker.providers.plain_json import (
    Object,
    failure,
    failure_in,
    name_in,
    object_in,
    objects_in,
    text_in,
    usage_in,
    word_in,
)

TURN_ENDINGS = frozenset({"completed", "failed", "cancelled"})
CALL_TYPES: tuple[CallType, ...] = ("function_call", "mcp_approval_request", "computer_use_approval_request")

MAX_ELSEWHERE = 20
"""Of what is not ours to give, so much is told."""


def session_seen(session: Object) -> TurnSeen:
    """Read a session, which has an `id` and a `status`: what it asks for, and whether it has failed."""
    actions = objects_in(session.get("required_actions")) if session["status"] == "requires_action" else ()
    calls = tuple(_requested(action) for action in actions if _is_ours(action))
    run_id, run_turn = marks_in(session)
    return TurnSeen(
        provider_id=session["id"],
        status=word_in(session["status"]),
        calls=calls,
        unanswerable=(),
        output_text="",
        usage=None,  # a session's is the sum of its turns', and a turn's is told at its end
        error=_failure(session),
        run_id=run_id,
        run_turn=run_turn,
        may_be_anothers=may_be_anothers(session),
        elsewhere=tuple(
            word_in(action.get("type")) or "untyped" for action in actions if not _is_ours(action)
        )[:MAX_ELSEWHERE],
        body=session,
    )


def first_root_turn(turns: Iterable[Object]) -> Object | None:
    """Pick the first root turn from a list; a subagent's turns stand in it too."""
    return next((turn for turn in turns if turn.get("subagent_id") is None), None)


def is_terminal(turn: Object) -> bool:
    """Say whether a session's turn is over."""
    return text_in(turn.get("status")) in TURN_ENDINGS


def turn_over(seen: TurnSeen, turn: Object, items: Sequence[Object]) -> TurnSeen:
    """Add to a session how its last root turn ended, and what its agent said in the end."""
    return replace(
        seen,
        status=word_in(turn.get("status")),
        output_text=_said(items, "output_text", "text"),
        refusal=_said(items, "refusal", "refusal"),
        usage=usage_in(turn.get("usage")),
        error=failure_in(turn.get("error")),
        body=turn,
    )


def action_id(action: Object) -> str:
    """Give the id that an answer to a required action names."""
    return text_in(action.get("call_id" if action.get("type") == "function_call" else "request_id"))


def _is_ours(action: Object) -> bool:
    return action.get("type") in CALL_TYPES and bool(action_id(action))


def _requested(action: Object) -> RequestedCall:
    """Read a required action; arguments are an object or the JSON text of one."""
    turn_id = text_in(action.get("turn_id")) or None
    if action["type"] == "function_call":
        text = _arguments(action.get("arguments"))
        return RequestedCall(action_id(action), name_in(action.get("name")), text, provider_turn_id=turn_id)
    request = object_in(action.get("request"))
    name = name_in(request.get("type"))
    if action["type"] == "mcp_approval_request":
        name = name_in(f"{text_in(request.get('server_label'))}.{text_in(request.get('name'))}")
    return RequestedCall(action_id(action), name, json.dumps(request), action["type"], turn_id)


def _arguments(arguments: Any) -> str:  # noqa: ANN401 - any JSON
    """Write arguments as JSON text; none are none, and not a `null`."""
    if arguments is None or isinstance(arguments, str):
        return arguments or ""
    return json.dumps(arguments)


def _failure(session: Object) -> Failure | None:
    """Say why a session failed; its `error` is a sentence without a code."""
    if session["status"] != "failed":
        return None
    return failure("session_failed", text_in(session.get("error")) or "The session failed.")


def _said(items: Iterable[Object], kind: str, field: str) -> str:
    """Join what the agent's final messages say in parts of a kind, as the SDK's `AgentTurnResult` does."""
    return "".join(
        text_in(content.get(field))
        for item in items
        if item.get("type") == "message"
        and item.get("role") == "assistant"
        and item.get("status") == "completed"
        and item.get("phase") != "commentary"
        for content in objects_in(item.get("content"))
        if content.get("type") == kind
    )

"""Subagents: what a session's agent lets others do, each in a turn of its own."""

import time

from simulator.sessions.items import final_message
from simulator.sessions.state import StoredSession, Subagent, new_turn
from simulator.wire.identifiers import new_id

TASK = "Look into a part of it."
REPORT = "It is looked into."


def open_subagent(session: StoredSession) -> Subagent:
    """Open a subagent, as the agent does that gives it a task."""
    subagent = Subagent(
        {
            "id": new_id("subagent"),
            "object": "agent.session.subagent",
            "session_id": session.id,
            "parent_agent_id": session.body["agent"]["id"],
            "name": f"helper-{len(session.subagents) + 1}",
            "instructions": [{"type": "output_text", "text": TASK}],
            "status": "active",
            "opened_at": int(time.time()),
            "closed_at": None,
        }
    )
    session.subagents.append(subagent)
    return subagent


def work(session: StoredSession, subagent: Subagent) -> None:
    """Let a subagent do all of its task, in one turn."""
    turn = new_turn(session, subagent_id=subagent.id)
    subagent.items.append(final_message(turn.id, REPORT, is_cut=False))
    now = turn.body["created_at"]
    turn.body.update(status="completed", started_at=now, completed_at=now)
    subagent.turns.append(turn)
    session.turns.append(turn)


def close_subagent(subagent: Subagent) -> None:
    subagent.body.update(status="closed", closed_at=int(time.time()))

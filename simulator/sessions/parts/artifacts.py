"""Artifacts: the files that a completed turn of a hosted session publishes."""

import time

from simulator.sessions.state import Artifact, SessionTurn, StoredSession
from simulator.wire.identifiers import new_id


def publish(session: StoredSession, turn: SessionTurn) -> None:
    """Publish the files of a turn, if there is an environment of OpenAI's that they are in."""
    environment = session.body["environment"]
    if environment["type"] != "openai_hosted":
        return
    for file in turn.files:
        content = file.text.encode()
        body = {
            "id": new_id("artifact"),
            "object": "agent.session.artifact",
            "session_id": session.id,
            "turn_id": turn.id,
            "environment_id": environment["id"],
            "path": file.path,
            "size_bytes": len(content),
            "created_at": int(time.time()),
        }
        session.artifacts.append(Artifact(body, content))

"""How a turn of a session ends, and what it has used."""

from dataclasses import dataclass

from simulator.scenarios.turn import Turn
from simulator.sessions.object import usage
from simulator.sessions.state import SessionTurn, StoredSession
from simulator.tokens import token_count
from simulator.wire.bodies import JsonObject

OUT_OF_TOKENS = "The model reached its output token limit before finishing the response."


@dataclass(frozen=True)
class Outcome:
    """The end of a turn.

    Attributes:
        session_error: Why the session fails with it; None if it does not.
    """

    status: str
    error: JsonObject | None = None
    session_error: str | None = None


def outcome_of(script: Turn) -> Outcome:
    """Decide how a turn of a scenario that asks for nothing ends the turn of the session."""
    failure = script.failure
    if failure:
        error = {"code": failure.code, "message": failure.message}
        return Outcome("failed", error, failure.message if failure.is_of_session else None)
    if script.incomplete_reason:
        return Outcome("failed", {"code": "max_output_tokens", "message": OUT_OF_TOKENS})
    return Outcome("completed")


def usage_of(session: StoredSession, turn: SessionTurn) -> JsonObject:
    """Count tokens roughly: every item of the session is read, what is not the user's is written."""
    written = [item for item in session.items_of(turn.id) if item.get("role") != "user"]
    return usage(token_count(session.items), token_count(written))

"""The `AgentSession` object of the Agents API, in the shape of the SDK's model."""

import time
from collections.abc import Iterable

from simulator.sessions.agent import changed_agent, new_agent
from simulator.sessions.environment import new_environment
from simulator.wire.bodies import JsonObject
from simulator.wire.errors import invalid, missing_parameter
from simulator.wire.identifiers import new_id
from simulator.wire.metadata import checked_metadata

REVIEWS = ("none", "auto_review")


def new_session(body: JsonObject, saved_agent: JsonObject | None) -> JsonObject:
    """Make the session that a create answers with, before any of its input has started a turn.

    Args:
        body: The request, its environment filled in from a template or one that is there.
        saved_agent: The agent that it names; None if it names none.

    Raises:
        ApiError: OpenAI would refuse the body.
    """
    now = int(time.time())
    environment = new_environment(body.get("environment"))
    if environment["type"] == "none" and not body.get("input"):
        raise missing_parameter("input")
    session: JsonObject = {
        "id": new_id("sess"),
        "object": "agent.session",
        "status": "idle",
        "agent": new_agent(body, saved_agent),
        "environment": environment,
        "created_at": now,
        "last_active_at": now,
        "error": None,
        "metadata": checked_metadata(body),
        "required_actions": [],
        "usage": None,
        "vault_ids": body.get("vault_ids") or [],
    }
    return session | _optional(body)


def changed_session(session: JsonObject, body: JsonObject) -> JsonObject:
    """Make the session as an update body wants it, all of it or, when a field is wrong, nothing.

    Raises:
        ApiError: OpenAI would refuse the body.
    """
    changed = session | {"agent": changed_agent(session["agent"], body)}
    if "metadata" in body:
        changed["metadata"] = checked_metadata(body)
    for key in ("spend_control", "prompt_cache_options", "review"):
        if key in body:
            changed.pop(key, None)
    return changed | _optional(body, consumed=session.get("spend_control", {}).get("consumed", 0))


def usage(read: int, written: int) -> JsonObject:
    return {
        "input_tokens": read,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": written,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": read + written,
    }


def total_usage(parts: Iterable[JsonObject]) -> JsonObject:
    known = list(parts)
    return usage(sum(each["input_tokens"] for each in known), sum(each["output_tokens"] for each in known))


def _optional(body: JsonObject, *, consumed: int = 0) -> JsonObject:
    """Make the fields that a session leaves out when they are not set."""
    told: JsonObject = {}
    limit = _spend_limit(body)
    if limit is not None:
        told["spend_control"] = {"limit": limit, "consumed": consumed}
    if body.get("prompt_cache_options"):
        told["prompt_cache_options"] = body["prompt_cache_options"]
    if body.get("review") not in (None, *REVIEWS):
        raise invalid("review", f"'review' must be one of {', '.join(REVIEWS)}.")
    if body.get("review") == "auto_review":
        told["review"] = "auto_review"
    return told


def _spend_limit(body: JsonObject) -> int | None:
    control = body.get("spend_control")
    if control is None:
        return None
    if not isinstance(control, dict) or "limit" not in control:
        raise missing_parameter("spend_control.limit")
    limit = control["limit"]
    if limit is not None and (not isinstance(limit, int) or isinstance(limit, bool) or limit <= 0):
        raise invalid("spend_control.limit", "'spend_control.limit' must be a positive number of USD cents.")
    return limit

"""The events of OpenAI webhooks: which exist, and what one looks like on the wire."""

import time

from simulator.wire.bodies import JsonObject
from simulator.wire.identifiers import new_id

# As in the SDK's `webhooks.create`.
EVENT_TYPES = (
    "batch.completed", "batch.failed", "batch.expired", "batch.cancelled",
    "response.completed", "response.failed", "response.cancelled", "response.incomplete",
    "eval.run.succeeded", "eval.run.failed", "eval.run.canceled",
    "fine_tuning.job.succeeded", "fine_tuning.job.failed", "fine_tuning.job.cancelled",
    "realtime.call.incoming",
    "video.completed", "video.failed",
    "agent.environment.ready", "agent.environment.failed", "agent.environment.suspended",
    "agent.environment.expired",
    "agent.session.created", "agent.session.action_required", "agent.session.in_progress",
    "agent.session.idle", "agent.session.failed",
    "safety.alert.created",
)  # fmt: skip

# By the beginning of an event's type: how the id of its resource begins, where the two differ.
ID_PREFIXES = {
    "response.": "resp",
    "agent.session.": "sess",
    "agent.environment.": "env",
    "eval.run.": "evalrun",
    "fine_tuning.job.": "ftjob",
    "safety.alert.": "alert",
}


def event(kind: str, data: JsonObject, *, event_id: str | None = None) -> JsonObject:
    """Make the thin payload: the data names a resource and says nothing about it."""
    return {
        "object": "event",
        "id": event_id or new_id("evt"),
        "type": kind,
        "created_at": int(time.time()),
        "data": data,
    }


def sample_event(kind: str) -> JsonObject:
    """Make the event of a test delivery, about a resource that does not exist."""
    if kind == "realtime.call.incoming":
        headers = [{"name": "From", "value": "sip:+15550100@example.com"}]
        return event(kind, {"call_id": new_id("rtc"), "sip_headers": headers})
    data: JsonObject = {"id": new_id(_id_prefix(kind))}
    if kind.startswith("agent.session."):
        data["environment_type"] = "none"
    if kind == "agent.session.action_required":
        data["required_action"] = {"type": "function_call"}
    return event(kind, data)


def _id_prefix(kind: str) -> str:
    named = (prefix for start, prefix in ID_PREFIXES.items() if kind.startswith(start))
    return next(named, kind.partition(".")[0])

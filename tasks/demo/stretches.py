"""The stretches in which the model was at work on a run, in seconds of the simulator's clock.

A Response is one stretch and says itself when it began and ended. A session or a thread run is at work from
each request that sets it to work until it asks for something, or ends. A session tells that by a webhook, and
the journal holds it even if it was lost; a thread run is known to be at work as long as looks at it said so.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from math import inf
from typing import Any, Final

from tasks.demo.polling import durations

type Json = Mapping[str, Any]

PAUSES: Final = ("action_required", "idle", "failed")
"""Last words of the webhooks of a session that is not at work any more."""


def stretches(resources: Sequence[Json], journal: Sequence[Json]) -> list[float]:
    """Say how long each stretch took.

    Args:
        resources: Of one run.
        journal: What belongs to that run.
    """
    return [seconds for each in resources for seconds in _OF[each["object"]](each, journal)]


def _of_response(response: Json, _: Sequence[Json]) -> Iterable[float]:
    return durations([response])


def _of_session(_: Json, journal: Sequence[Json]) -> Iterable[float]:
    first_sent = {entry["webhook_id"]: entry for entry in reversed(journal) if entry["kind"] == "webhook"}
    pauses = [
        entry["at"] for entry in first_sent.values() if entry["request"]["type"].rpartition(".")[2] in PAUSES
    ]
    begun = _moments(journal, "POST", "/agents/sessions", "/events")
    return _between(begun, pauses, until=inf)


def _of_thread_run(run: Json, journal: Sequence[Json]) -> Iterable[float]:
    at_work = [
        entry["at"]
        for entry in journal
        if entry["kind"] == "request" and (entry["response"] or {}).get("status") in ("queued", "in_progress")
    ]
    ended = [] if run["ended_at"] is None else [run["ended_at"]]
    return _between(_moments(journal, "POST", "/runs", "/submit_tool_outputs"), [*at_work, *ended], until=inf)


def _moments(journal: Sequence[Json], method: str, *ends: str) -> list[float]:
    """List when the simulator took a request whose path ends so."""
    return [
        entry["at"]
        for entry in journal
        if entry["kind"] == "request"
        and entry["method"] == method
        and entry["path"].endswith(ends)
        and entry["status"] in (200, 202)
    ]


def _between(begun: Sequence[float], told: Sequence[float], *, until: float) -> Iterable[float]:
    """Measure from each beginning to the last that was told before the next one."""
    for began, next_began in pairwise([*begun, until]):
        if ends := [at for at in told if began <= at < next_began]:
            yield max(ends) - began


_OF: Final[Mapping[str, Callable[[Json, Sequence[Json]], Iterable[float]]]] = {
    "response": _of_response,
    "agent.session": _of_session,
    "thread.run": _of_thread_run,
}
"""A resource's `object` -> how its stretches are measured."""

"""What the outside world saw of a run: the simulator's journal, its clock, the shop's ledger."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.polling import EACH_SECOND, WITH_BACKOFF, Polling, requests_by_polling

type Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class World:
    """Everything seen by the simulator, of all runs."""

    journal: Sequence[Json]
    resources: Sequence[Json]
    ledger: Sequence[Json]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one run made happen, and what polling would have cost for the same turns.

    Attributes:
        requests: To OpenAI, by Runrelay.
        webhooks: Sent by OpenAI, every copy and every attempt.
        effects: In the shop, counted by kind.
    """

    requests: int
    webhooks: int
    effects: Mapping[str, int]
    requests_every_second: int
    requests_with_backoff: int


def evidence_of(run_id: str, world: World) -> Evidence:
    """Count what belongs to a run."""
    turns = [each for each in world.resources if each["metadata"].get("run_id") == run_id]
    provider_ids = {each["id"] for each in turns}
    return Evidence(
        requests=_count(_is_request_of(entry, run_id, provider_ids) for entry in world.journal),
        webhooks=_count(_is_webhook_of(entry, provider_ids) for entry in world.journal),
        effects=Counter(entry["effect"] for entry in world.ledger if entry["run_id"] == run_id),
        requests_every_second=_requests_of_a_poller(EACH_SECOND, turns),
        requests_with_backoff=_requests_of_a_poller(WITH_BACKOFF, turns),
    )


def _requests_of_a_poller(polling: Polling, turns: Sequence[Json]) -> int:
    """Count the creates, which a poller needs as well, and its looks."""
    return len(turns) + requests_by_polling(polling, turns)


def _is_request_of(entry: Json, run_id: str, provider_ids: set[str]) -> bool:
    """Know a create by the run id in its metadata, any other request by the id in its path."""
    if entry["kind"] != "request":
        return False
    metadata = (entry["request"] or {}).get("metadata") or {}
    return metadata.get("run_id") == run_id or not provider_ids.isdisjoint(entry["path"].split("/"))


def _is_webhook_of(entry: Json, provider_ids: set[str]) -> bool:
    return entry["kind"] == "webhook" and entry["request"]["data"].get("id") in provider_ids


def _count(facts: Iterable[bool]) -> int:
    return sum(facts)

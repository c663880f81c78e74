"""What the outside world saw of a run: the simulator's journal, its clock, the shop's ledger."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tasks.demo.polling import EACH_SECOND, WITH_BACKOFF, Polling
from tasks.demo.stretches import stretches

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
        webhooks: Sent by OpenAI, every copy and every attempt; those that were lost are not among them.
        effects: In the shop, counted by kind.
    """

    requests: int
    webhooks: int
    webhooks_lost: int
    effects: Mapping[str, int]
    requests_every_second: int
    requests_with_backoff: int


def evidence_of(run_id: str, world: World) -> Evidence:
    """Count what belongs to a run."""
    resources = [each for each in world.resources if each["metadata"].get("runrelay_run_id") == run_id]
    provider_ids = {each[name] for each in resources for name in ("id", "thread_id") if name in each}
    requests = [entry for entry in world.journal if _is_request_of(entry, run_id, provider_ids)]
    webhooks = [entry for entry in world.journal if _is_webhook_of(entry, provider_ids)]
    lost = sum(entry.get("fault") == "drop" for entry in webhooks)
    others, seconds = (
        sum(not _is_look(entry) for entry in requests),
        stretches(resources, requests + webhooks),
    )
    return Evidence(
        requests=len(requests),
        webhooks=len(webhooks) - lost,
        webhooks_lost=lost,
        effects=Counter(entry["effect"] for entry in world.ledger if entry["run_id"] == run_id),
        requests_every_second=others + _looks(EACH_SECOND, seconds),
        requests_with_backoff=others + _looks(WITH_BACKOFF, seconds),
    )


def _looks(polling: Polling, seconds: Sequence[float]) -> int:
    """Count what a poller asks; what is no look, such as a create, it needs as well as we do."""
    return sum(map(polling.requests, seconds))


def _is_look(entry: Json) -> bool:
    """Tell asking how a run stands from all else; what was said in the end is asked for by pollers, too."""
    return entry["method"] == "GET" and not entry["path"].endswith(("/items", "/messages"))


def _is_request_of(entry: Json, run_id: str, provider_ids: set[str]) -> bool:
    """Know a create by the run id in its metadata, any other request by the id in its path."""
    if entry["kind"] != "request":
        return False
    metadata = (entry["request"] or {}).get("metadata") or {}
    return metadata.get("runrelay_run_id") == run_id or not provider_ids.isdisjoint(entry["path"].split("/"))


def _is_webhook_of(entry: Json, provider_ids: set[str]) -> bool:
    return entry["kind"] == "webhook" and entry["request"]["data"].get("id") in provider_ids

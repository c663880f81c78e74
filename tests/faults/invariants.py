"""What must be true after every fault: the invariants I1 to I8, read from records, journal, wire and shop.

I3 and I4 are about the webhook function alone and are checked where its answers are (`test_faults_ingest`).
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from contracts.status import is_terminal

from tests.faults.runs import EFFECTS, SECRET_WORDS
from tests.harness.site import API_KEY, site
from tests.harness.world import World

FUNCTIONS = ("webhook", "api", "worker", "tools", "sweeper")
PRIVATE = (SECRET_WORDS, API_KEY)
EFFECT_OF = {"send_email": "email", "refund_order": "refund"}


def check_all(
    world: World,
    *run_ids: str,
    effects: Mapping[str, int] = EFFECTS,
    may_be_unknown: bool = False,
    statuses: Iterable[str] = ("completed",),
    dead_letters: int = 0,
    openai_requests: int = 30,
) -> None:
    """Check every invariant of a world in which nothing is left to do.

    Args:
        effects: Of each run in the shop.
        may_be_unknown: Whether the outcome of an email may be unknown, and the email not sent.
        statuses: One of which each run ended with.
        dead_letters: On both queues together.
        openai_requests: The most that a run may have cost.
    """
    check_conservation(world, dead_letters=dead_letters)
    for run_id in run_ids:
        unknown = check_calls(world, run_id)
        assert may_be_unknown or not unknown, f"nobody knows of {unknown}"
        check_effects(world, run_id, Counter(effects) - unknown)
        assert world.run(run_id)["status"] in statuses, world.timeline(run_id)  # I8
    check_followups(world)
    check_terminal_states(world)
    assert world.costs().openai_requests <= openai_requests * max(1, len(run_ids)), "I6"
    check_secrecy(world)


def check_conservation(world: World, *, dead_letters: int = 0) -> None:
    """I1: every webhook that was answered 2xx was handled, or stands in the dead-letter queue."""
    queues = (world.run_queue, world.tool_queue)
    assert [queue.messages for queue in queues] == [[], []], "I1: something is in flight"
    assert sum(len(queue.dead_letters) for queue in queues) == dead_letters, "I1: lost to a dead-letter queue"
    parked = {json.loads(each.body).get("webhook_id") for each in world.run_queue.dead_letters}
    assert accepted(world) <= handled(world) | parked, "I1: a webhook was accepted and lost"


def accepted(world: World) -> set[str]:
    """Name the webhooks that their sender knows to be taken."""
    sent = world.simulator.journal(kind="webhook")
    return {entry["webhook_id"] for entry in sent if entry["status"] == 202}


def handled(world: World) -> set[str]:
    """Name the webhooks that a worker has done with."""
    deliveries = (item for item in world.items() if item["sk"]["S"] == "delivery")
    return {each["pk"]["S"].partition("#")[2] for each in deliveries if each["outcome"]["S"] == "handled"}


def check_calls(world: World, run_id: str) -> Counter[str]:
    """I2: what ended as succeeded took effect; give the effects that are missing, as nobody knows of them."""
    done = {each["call_id"] for each in world.simulator.effects() if each["run_id"] == run_id}
    calls = [call for call in world.run(run_id)["calls"] if call["name"] in EFFECT_OF]
    assert all(call["call_id"] in done for call in calls if call["outcome"] == "succeeded"), f"I2: {calls}"
    missing = (call for call in calls if call["outcome"] == "unknown" and call["call_id"] not in done)
    return Counter(EFFECT_OF[call["name"]] for call in missing)


def check_effects(world: World, run_id: str, effects: Mapping[str, int]) -> None:
    """I2: what a run did in the shop, it did once."""
    done = [each for each in world.simulator.effects() if each["run_id"] == run_id]
    assert Counter(each["effect"] for each in done) == Counter(effects), f"I2: {done}"
    calls = Counter((each["effect"], each["call_id"]) for each in done)
    assert set(calls.values()) <= {1}, f"I2: {calls}"


def check_followups(world: World) -> None:
    """I2: a turn was begun once; what was begun beside it was stopped, and is on the run's timeline."""
    begun: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for resource in world.simulator.resources():
        metadata = resource.get("metadata") or {}
        if "runrelay_run_id" in metadata:
            name = (metadata["runrelay_run_id"], metadata.get("runrelay_turn", "1"))
            begun.setdefault(name, []).append(resource)
    for (run_id, turn), resources in begun.items():
        told = world.timeline(run_id)
        orphans = {each["provider_id"] for each in told if each["type"] == "orphan_cancelled"}
        kept = [each["id"] for each in resources if not any(each["id"] in orphan for orphan in orphans)]
        assert len(kept) <= 1, f"I2: turn {turn} was begun as {kept}"


def check_terminal_states(world: World) -> None:
    """I5: a run that is over never changes again."""
    for exchange in world.wire.exchanges:
        for write in exchange.writes:
            before = write.before or {}
            if before.get("sk") == {"S": "run"} and is_terminal(before["status"]["S"]):
                assert write.after == before, "I5: a terminal run changed"


def check_secrecy(world: World) -> None:
    """I7: nothing private stands in what the functions printed."""
    secrets = (*PRIVATE, site().webhook_secret, site().webhook_secret.removeprefix("whsec_"))
    for function in FUNCTIONS:
        said = world.output(function)
        assert not [each for each in secrets if each in said], f"I7: {function} logs what is private"

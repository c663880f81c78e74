"""What a run came to, whole, but for what must differ from one time to the next.

Left out: instants and how long anything took, which look it was that saw a turn's end, and webhooks that only
went on record (they are what the schedules vary). Ids are reduced to what they are ids of. Everything else
that anybody can see is compared: the run, its turns and calls with the number of attempts, its timeline, what
was created at the provider and how that ended, and the shop's ledger.
"""

import re
from typing import Any

from tests.schedules.small_world import SmallWorld

ID = re.compile(r"\b([a-z]+)_[0-9A-Za-z]{18,}\b")
SCENARIO = re.compile(r"scenario-[0-9a-f-]{36}")
TIMING = frozenset({"at", "deadline", "wait_until", "woken_by"})
NOT_OF_THE_RUN = frozenset({"webhook_received"})


def final_record(world: SmallWorld, run_id: str) -> dict[str, Any]:
    """Tell what a run came to."""
    run = world.run(run_id)
    calls = run.pop("calls")
    events = [each for each in world.timeline(run_id) if each["type"] not in NOT_OF_THE_RUN]
    return {
        "run": _comparable(run),
        "calls": _unordered(calls),
        "timeline": _unordered(events),
        "resources": _unordered(world.simulator.resources()),
        "effects": _unordered(world.effects()),
    }


def _unordered(things: list[Any]) -> list[Any]:
    """Put things of one moment into an order that does not depend on their ids."""
    return sorted(map(_comparable, things), key=str)


def _comparable(value: Any) -> Any:
    match value:
        case dict():
            kept = {key: each for key, each in value.items() if key not in TIMING and not key.endswith("_at")}
            return {key: _comparable(each) for key, each in kept.items()}
        case list():
            return [_comparable(each) for each in value]
        case str():
            return SCENARIO.sub("scenario", ID.sub(r"\1", value))
        case _:
            return value

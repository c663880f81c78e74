"""The promises can be broken: evidence that is wrong in one respect is found wrong, and otherwise is not."""

from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy
from types import SimpleNamespace
from typing import Any

import pytest

from tests.crash.branches import Branches
from tests.crash.crash_world import crash_world
from tests.crash.invariants import PROMISES, Evidence, broken_promises
from tests.crash.scenarios import SCENARIOS, client_of

FACTS = ("run", "timeline", "requests", "resources", "effects")
THREE_CALLS = next(each for each in SCENARIOS if each.name == "three calls at once")


@pytest.fixture(scope="module")
def honest() -> Iterator[Evidence]:
    """What is left of a run in which nothing broke; its sockets are never used."""
    with crash_world(Branches(faults=())) as world:
        client = client_of(world, "response", THREE_CALLS)
        client.play()
        seen = Evidence(client, THREE_CALLS, None)
        for fact in FACTS:
            getattr(seen, fact)
        yield seen


def doctored(honest: Evidence) -> Evidence:
    """Copy evidence, with queues and webhooks that may be changed."""
    world = SimpleNamespace(
        run_queue=SimpleNamespace(logical_id="RunQueue", dead_letters=[], messages=[]),
        tool_queue=SimpleNamespace(logical_id="ToolQueue", dead_letters=[], messages=[]),
        wire=SimpleNamespace(exchanges=honest.client.world.wire.exchanges),
        acknowledged=set(honest.client.world.acknowledged),
    )
    client: Any = SimpleNamespace(world=world, run_id=honest.client.run_id)
    seen = Evidence(client, THREE_CALLS, None)
    vars(seen).update({fact: deepcopy(getattr(honest, fact)) for fact in FACTS})
    return seen


def call(seen: Evidence, name: str) -> dict[str, Any]:
    return next(each for each in seen.run["calls"] if each["name"] == name)


def letter() -> Any:
    return SimpleNamespace(body="{}")


BREAKAGES: dict[str, Callable[[Evidence], Any]] = {
    "the_run_ended_as_it_would_have": lambda seen: seen.run.update(turn=3),
    "no_call_is_left_open": lambda seen: call(seen, "get_order").update(outcome="running"),
    "each_pure_call_has_its_output": lambda seen: call(seen, "get_order").update(output=None),
    "each_keyed_effect_happened_exactly_once": lambda seen: seen.effects.subtract(
        [("refund", call(seen, "refund_order")["call_id"])]
    ),
    "each_once_effect_happened_at_most_once": lambda seen: seen.effects.update(
        [("email", call(seen, "send_email")["call_id"])]
    ),
    "nothing_happened_that_no_call_asked_for": lambda seen: seen.effects.update([("email", "call_x")]),
    "the_model_was_told_of_each_unknown_outcome": lambda seen: call(seen, "send_email").update(
        outcome="unknown"
    ),
    "one_follow_up_lives_for_each_turn": lambda seen: seen.resources.append({"id": "resp_x"}),
    "nothing_is_in_a_dead_letter_queue": lambda seen: seen.client.world.tool_queue.dead_letters.append(
        letter()
    ),
    "nothing_is_left_on_a_queue": lambda seen: seen.client.world.run_queue.messages.append(letter()),
    "each_acknowledged_webhook_was_queued": lambda seen: seen.client.world.acknowledged.add("wh_x"),
    "the_timeline_tells_one_story": lambda seen: seen.timeline.append(seen.timeline[0]),
}


def test_nothing_is_wrong_with_a_run_in_which_nothing_broke(honest):
    assert broken_promises(honest) == []
    assert broken_promises(doctored(honest)) == []


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
def test_a_promise_that_is_broken_is_found_broken(promise, honest):
    seen = doctored(honest)

    BREAKAGES[promise.__name__](seen)

    assert list(promise(seen))


def test_an_email_that_is_unknown_though_nothing_was_killed_is_found(honest):
    seen = doctored(honest)
    call(seen, "send_email").update(outcome="unknown")

    assert any("at most once" in each for each in broken_promises(seen))


def test_effects_are_counted_by_call(honest):
    ids = {each["name"]: each["call_id"] for each in honest.run["calls"]}

    assert honest.effects == Counter({("refund", ids["refund_order"]): 1, ("email", ids["send_email"]): 1})

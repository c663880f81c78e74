"""The promises can be broken: evidence that is wrong in one respect is found wrong, and otherwise is not."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from types import SimpleNamespace
from typing import Any

import pytest

from tests.harness.wire import Exchange, Request
from tests.interleavings import moments
from tests.interleavings.busy_world import Told
from tests.interleavings.moments import Moment, Thing, Verb
from tests.interleavings.play import Play
from tests.interleavings.promises import PROMISES, Evidence, broken_promises
from tests.interleavings.scenarios import SCENARIOS
from tests.interleavings.stage import watched_world
from tests.interleavings.watched import Watch
from tests.schedules.small_world import SmallWorld

FACTS = ("run", "timeline", "resources", "effects")
PARALLEL_CALLS = next(each for each in SCENARIOS if each.name == "parallel calls")
TOLD = {"run_status": "in_progress", "was_over": False, "status": 202}


@pytest.fixture(scope="module")
def world() -> Iterator[tuple[SmallWorld, Watch]]:
    with watched_world() as one_for_all:
        yield one_for_all


@pytest.fixture
def seen(world, socket_enabled) -> Evidence:
    """What is left of a run in which nothing came; it may be changed."""
    play = Play(*world, "response", PARALLEL_CALLS)
    play.perform()
    honest = Evidence(play.world)
    small = SimpleNamespace(
        run_queue=SimpleNamespace(logical_id="RunQueue", dead_letters=[], messages=[]),
        tool_queue=SimpleNamespace(logical_id="ToolQueue", dead_letters=[], messages=[]),
        wire=SimpleNamespace(exchanges=list(play.small.wire.exchanges)),
        output=lambda function: printed.get(function, ""),
    )
    printed: dict[str, str] = {}
    watch = SimpleNamespace(announced=list(play.watch.announced))
    copied: Any = SimpleNamespace(
        small=small,
        watch=watch,
        scenario=PARALLEL_CALLS,
        told=list(play.world.told),
        asked_too_late=set(),
        printed=printed,
    )
    evidence = Evidence(copied)
    vars(evidence).update({fact: deepcopy(getattr(honest, fact)) for fact in FACTS})
    return evidence


def call(seen: Evidence, name: str) -> dict[str, Any]:
    return next(each for each in seen.run["calls"] if each["name"] == name)


def tell(seen: Evidence, what: str, name: str | None = None, **body: Any) -> None:
    call_id = call(seen, name)["call_id"] if name else None
    seen.world.told.insert(0, Told(what, call_id, body, **TOLD))


def create_again(seen: Evidence) -> None:
    exchanges: list[Exchange] = seen.world.small.wire.exchanges
    exchanges.append(next(each for each in exchanges if each.request.operation == "POST /v1/responses"))


def end_late(seen: Evidence) -> None:
    """Have a call end when the run does."""
    ended = next(each for each in seen.timeline if each["type"] == "call_ended")
    ended["at"] = "9999"


BREAKAGES: dict[str, Callable[[Evidence], Any]] = {
    "the_run_ended_as_it_had_to": lambda seen: tell(seen, "cancel"),
    "each_call_is_on_record_in_its_turn": lambda seen: call(seen, "send_email").update(turn=2),
    "no_call_is_left_open": lambda seen: call(seen, "send_email").update(outcome="pending"),
    "each_call_came_out_as_it_had_to": lambda seen: call(seen, "send_email").update(outcome="unknown"),
    "each_effect_happened_once_for_its_call": lambda seen: seen.effects.update(
        [("email", call(seen, "send_email")["call_id"])]
    ),
    "one_create_a_turn": create_again,
    "nothing_is_an_orphan": lambda seen: seen.timeline.append({"type": "orphan_cancelled", "turn": 1}),
    "nothing_is_left_at_work_at_the_provider": lambda seen: seen.resources[0].update(status="queued"),
    "each_acknowledged_decision_stands": lambda seen: tell(seen, "decision", "refund_order", approve=True),
    "each_acknowledged_output_stands": lambda seen: tell(seen, "output", "ask_warehouse", output="x"),
    "what_the_model_was_told_stands": lambda seen: call(seen, "ask_warehouse").update(output="x"),
    "the_timeline_tells_one_story": lambda seen: seen.timeline.append(seen.timeline[0]),
    "each_call_ends_before_the_next_turn_starts": end_late,
    "its_end_was_announced_and_no_other": lambda seen: seen.world.watch.announced.clear(),
    "nothing_is_left_on_a_queue": lambda seen: seen.world.small.tool_queue.dead_letters.append(
        SimpleNamespace(body='{"message": "call"}')
    ),
    "no_record_failed": lambda seen: seen.world.printed.update(worker='{"message":"record failed"}'),
}


def test_nothing_is_wrong_with_a_run_in_which_nothing_came(seen):
    assert broken_promises(seen) == []


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
def test_a_promise_that_is_broken_is_found_broken(promise, seen):
    BREAKAGES[promise.__name__](seen)

    assert list(promise(seen))


def test_an_answer_to_an_open_call_is_noticed(world, socket_enabled):
    play = Play(*world, "response", PARALLEL_CALLS)
    play.perform()
    call_id = play.world.calls()[0]
    item = play.world.records("call#")[0]
    item["outcome"] = {"S": "pending"}  # type: ignore[index]
    answers = [{"type": "function_call_output", "call_id": call_id, "output": ""}]
    told = Request("openai", "POST /v1/responses", {"input": answers}, "worker", 1)

    play._meet(told, "before")

    assert ["is pending" in each for each in play.noticed] == [True]


def test_a_change_to_a_run_that_has_ended_is_noticed(world, socket_enabled):
    play = Play(*world, "response", PARALLEL_CALLS)
    turn = {"sk": {"S": "turn#00001"}, "woken_by": {"S": "webhook"}}

    play._changed("completed", turn, turn | {"woken_by": {"S": "check"}})
    play._changed("in_progress", turn, turn | {"woken_by": {"S": "check"}})
    play._changed("completed", None, {"sk": {"S": "event#1"}})

    assert play.noticed == ["the run was completed, and its turn changed: ['woken_by']"]


def test_a_thing_that_changes_nothing_leaves_the_usual_run(world, socket_enabled):
    moment = Moment(3, "after", 0, Thing(Verb.SWEEP))
    play = Play(*world, "response", PARALLEL_CALLS, (moment,))

    play.perform()

    assert play.noticed == []
    assert list(play.met) == [moment]
    assert not play.world.is_over


@pytest.mark.parametrize(
    "written",
    [
        "before request 12, a sweep",
        "after request 3, after 6 s, webhook 11 & before request 9, everything else goes on",
    ],
)
def test_moments_are_read_as_they_are_written(written):
    assert " & ".join(map(str, moments.read(written))) == written

"""A turn that lives on may show for a moment what it asked for before, in another spelling: it is not run."""

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from tests.harness.scenario import calling, saying
from tests.harness.wire import Answer, Request
from tests.harness.world import World

EMAIL = ("send_email", {"to": "a@b.c", "subject": "Hello", "body": "\u00e9"})
ANSWERS = {"session": "/events", "thread": "/submit_tool_outputs"}

type Asked = dict[str, Any]
"""What holds a call's arguments, as the provider shows it."""


def calls_in(resource: Any) -> list[Asked]:
    required = resource.get("required_action") or {}
    asked = required.get("submit_tool_outputs", {}).get("tool_calls", [])
    return [*(resource.get("required_actions") or ()), *(each["function"] for each in asked)]


def rewrite(asked: Asked, write: Callable[[dict[str, Any]], str]) -> None:
    asked["arguments"] = write(json.loads(asked["arguments"]))


SPELLINGS: dict[str, Callable[[Asked], None]] = {
    "as it was": lambda _asked: None,
    "no spaces": lambda asked: rewrite(asked, lambda said: json.dumps(said, separators=(",", ":"))),
    "another order": lambda asked: rewrite(asked, lambda said: json.dumps(dict(reversed(said.items())))),
    "no escapes": lambda asked: rewrite(asked, lambda said: json.dumps(said, ensure_ascii=False)),
    "no turn": lambda asked: asked.update(turn_id=None),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("kind", ANSWERS)
def test_a_call_that_is_shown_again_in_another_spelling_is_not_run_again(world: World, kind, spelling):
    shown: list[Any] = []

    def intercept(request: Request) -> Answer | None:
        exchanges = world.wire.exchanges
        is_answered = any(each.request.operation.endswith(ANSWERS[kind]) for each in exchanges)
        before = [each.answer for each in exchanges if each.request.operation == request.operation]
        asking = [each for each in before if request.operation.startswith("GET ") and calls_in(each)]
        if not is_answered or not asking or len(shown) == 2:
            return None
        shown.append(deepcopy(asking[-1]))
        for asked in calls_in(shown[-1]):
            SPELLINGS[spelling](asked)
        return Answer(200, shown[-1])

    world.wire.interceptor = intercept
    world.simulator.faults(seed=1, webhooks={"drop": 1.0})
    world.patience_seconds = 0.2
    run_id = world.start(calling(EMAIL), {**saying("done"), "seconds": 1}, kind=kind, tools=["send_email"])
    world.run_to_end(run_id)

    run = world.run(run_id)
    assert (run["status"], [(call["turn"], call["outcome"]) for call in run["calls"]]) == (
        "completed",
        [(1, "succeeded")],
    )
    assert len(world.simulator.effects()) == 1
    assert len(shown) == 2

"""The inbox reads runs whole, each once until it changes, and one more at every other look."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import anyio
import pytest

from runrelay.client.errors import NotFoundError, UnavailableError
from runrelay.client.models import Run, RunPage
from runrelay.console.inbox_view import InboxView, Waiting
from tests.unit.console.test_console_prospects import NOW, a_call, a_run


@dataclass
class Stack:
    """An API that answers from what it is given, and writes down what was asked."""

    held: dict[str, Run]
    asked: list[str] = field(default_factory=list)
    trouble: Exception | None = None

    @property
    def runs(self) -> "Stack":
        return self

    async def page(self, cursor: str | None, *, limit: int, **wanted: Any) -> RunPage:
        self.asked.append("list")
        assert (cursor, wanted["status"]) == (None, ["requires_action"])
        return RunPage(runs=tuple(self.held.values()), cursor=None)

    async def get(self, run_id: str) -> Run:
        self.asked.append(run_id)
        if self.trouble:
            raise self.trouble
        return self.held[run_id]


def waits(run_id: str, closes_in: int) -> Run:
    until = NOW + timedelta(hours=closes_in)
    call = a_call(outcome="awaiting_decision", wait_until=until)
    return a_run(run_id=run_id, status="requires_action", calls=(call,))


def looked(stack: Stack, looks: int) -> list[list[Waiting]]:
    async def look() -> list[list[Waiting]]:
        view = InboxView(stack, {})  # type: ignore[arg-type]
        return [list((await view.look()).context["waiting"]) for _ in range(looks)]

    return anyio.run(look)


def test_what_closes_soonest_comes_first():
    stack = Stack({"run_1": waits("run_1", 5), "run_2": waits("run_2", 1), "run_3": waits("run_3", 3)})

    (waiting,) = looked(stack, 1)

    assert [each.run.run_id for each in waiting] == ["run_2", "run_3", "run_1"]


def test_calls_of_one_run_that_close_together_stand_as_the_model_asked_for_them():
    (call,) = waits("run_1", 1).calls
    asked = [replace(call, call_id=call_id) for call_id in ("call_z", "call_a", "call_m")]
    stack = Stack({"run_1": replace(waits("run_1", 1), calls=tuple(asked))})

    for waiting in looked(stack, 3):
        assert [each.call.call_id for each in waiting] == ["call_z", "call_a", "call_m"]


def test_a_look_is_one_request_once_all_is_known_and_by_turns_reads_each_anew():
    stack = Stack({"run_1": waits("run_1", 1), "run_2": waits("run_2", 2)})

    looked(stack, 6)

    assert sorted(stack.asked[:3]) == ["list", "run_1", "run_2"]
    first, second = stack.asked[3], stack.asked[5]
    assert {first, second} == {"run_1", "run_2"}
    assert stack.asked[3:] == [first, "list", second, "list", first]


def test_a_run_that_changed_is_read_again_and_one_that_is_gone_is_not_shown():
    stack = Stack({"run_1": waits("run_1", 1), "run_2": waits("run_2", 2)})

    async def look() -> list[str]:
        view = InboxView(stack, {})  # type: ignore[arg-type]
        await view.look()
        await view.look()
        changed = replace(waits("run_1", 1), updated_at=NOW + timedelta(seconds=5), calls=())
        stack.held = {"run_1": changed}
        seen = await view.look()
        return [each.run.run_id for each in seen.context["waiting"]]

    assert anyio.run(look) == []


def test_a_run_that_is_deleted_meanwhile_is_passed_over():
    stack = Stack({"run_1": waits("run_1", 1)}, trouble=NotFoundError("there is no run run_1"))

    assert looked(stack, 2) == [[], []]


def test_an_api_that_cannot_be_reached_is_told_as_such():
    stack = Stack({"run_1": waits("run_1", 1)}, trouble=UnavailableError("it cannot be reached"))

    with pytest.raises(UnavailableError, match="cannot be reached"):
        looked(stack, 1)

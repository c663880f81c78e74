"""Checks of the user's own on arguments run where the tool runs, and what they say is the model's."""

import os
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import pytest
from contracts import instant
from contracts.messages import CallMessage
from contracts.records import Call
from pydantic import AfterValidator, BeforeValidator

from functions.tools.runner import Runner
from functions.tools.tool import Done, Tool, ToolContext, ToolError, tool
from tests.integration.tools.test_lambda_tools import Invoked

MESSAGE = CallMessage("run_1", 1, "call_1")

type RunnerOf = Callable[..., Runner]
type Recorder = Callable[..., Call]
type Reader = Callable[[], Call]


@pytest.fixture
def ran(tmp_path: Path) -> Path:
    """A file that is there once the tool has run."""
    return tmp_path / "ran"


def raising(error: Exception) -> Callable[[Any], Any]:
    def check(_: Any) -> Any:
        raise error

    return check


def run(runner: Runner) -> None:
    runner.run(MESSAGE, owner="first", seconds_left=100)


def ship_of(ran: Path, check: Callable[[Any], Any], **declared: Any) -> Tool:
    def ship(zone: Any) -> str:
        ran.touch()
        return f"shipped to {zone}"

    ship.__annotations__["zone"] = Annotated[str, AfterValidator(check)]
    return tool(**{"timeout": 1, **declared})(ship)


def pending(record: Recorder, **facts: Any) -> Call:
    return record(**{"name": "ship", "arguments": 'inline:{"zone": "north"}', **facts})


REFUSALS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "a value error": (raising(ValueError("no such zone")), "zone: Value error, no such zone"),
    "a key error": (raising(KeyError("north")), "do not pass its own checks: KeyError."),
    "anything": (raising(RecursionError()), "do not pass its own checks: RecursionError."),
    "a tool error": (raising(ToolError("The north is closed.")), "The north is closed."),
    "hangs": (lambda _: time.sleep(60), "could not be checked within 1 s."),
    "dies": (lambda _: os._exit(7), "could not be checked."),
    "exits": (lambda _: exit(0), "could not be checked."),  # noqa: PLR1722
}
DECLARED: dict[str, dict[str, Any]] = {
    "once": {},
    "asks a person in doubt": {"when_unknown": "ask_person"},
    "asks a person first": {"approval": lambda zone: True},
    "is a Lambda function": {"lambda_function": "pricing"},
}


@pytest.mark.parametrize("declared", DECLARED.values(), ids=DECLARED)
@pytest.mark.parametrize(("check", "words"), REFUSALS.values(), ids=REFUSALS)
def test_whatever_a_check_does_the_call_ends_in_time_and_the_model_is_told(
    *, runner_of: RunnerOf, record: Recorder, recorded: Reader, ran: Path, check, words, declared
):
    pending(record)
    pricing = Invoked()
    started = time.monotonic()

    run(runner_of(ship_of(ran, check, **declared), lambda_functions=pricing.functions))

    error = recorded().error
    assert error is not None
    assert (recorded().outcome, error.code) == ("failed", "invalid_arguments")
    assert words in error.message
    assert time.monotonic() - started < 5
    assert (ran.exists(), pricing.events) == (False, [])


def test_a_check_may_change_what_the_tool_gets(
    runner_of: RunnerOf, record: Recorder, recorded: Reader, ran: Path
):
    pending(record)

    run(runner_of(ship_of(ran, str.upper)))

    assert recorded().output == "inline:shipped to NORTH"


@pytest.mark.parametrize("effect", ["keyed", "verify"])
def test_a_check_that_refuses_a_call_that_was_begun_before_leaves_it_unknown(
    *, runner_of: RunnerOf, record: Recorder, recorded: Reader, ran: Path, effect
):
    dead = {"outcome": "running", "owner": "dead", "fence": 1}
    pending(record, effect=effect, lease_until=instant.now() - timedelta(seconds=1), **dead)
    ship = ship_of(ran, raising(KeyError("north")), effect=effect)
    if effect == "verify":
        ship.verify(lambda key, arguments: Done("shipped"))

    run(runner_of(ship))

    assert (recorded().outcome, recorded().attempts, ran.exists()) == ("unknown", 1, False)


@pytest.mark.parametrize("effect", ["once", "keyed"])
def test_a_check_that_refuses_a_call_that_a_person_let_run_again_leaves_it_unknown(
    *, runner_of: RunnerOf, record: Recorder, recorded: Reader, ran: Path, effect
):
    pending(record, effect=effect, fence=1, owner="dead", decision="approved", decided_at=instant.now())

    run(runner_of(ship_of(ran, raising(ValueError("it is paid already")), effect=effect)))

    assert (recorded().outcome, recorded().attempts, ran.exists()) == ("unknown", 1, False)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_number_in_json_is_none_for_a_tool(
    *, runner_of: RunnerOf, record: Recorder, recorded: Reader, ran: Path, number
):
    def pay(euros: float) -> str:
        ran.touch()
        return f"paid {euros}"

    record(name="pay", arguments=f'inline:{{"euros": {number}}}')

    run(runner_of(tool(approval=lambda euros: euros > 100)(pay)))

    error = recorded().error
    assert (recorded().outcome, error and error.code) == ("failed", "invalid_arguments")
    assert not ran.exists()


def test_a_check_knows_nothing_of_the_function_it_runs_in(
    runner_of: RunnerOf, record: Recorder, recorded: Reader, ran: Path
):
    pids: list[int] = []

    def check(value: Any) -> Any:
        pids.append(os.getpid())
        return value

    pending(record)

    run(runner_of(ship_of(ran, check)))

    assert (recorded().outcome, pids) == ("succeeded", [])


@pytest.mark.parametrize("arguments", ["", " ", "\n", "null", "{}"])
@pytest.mark.parametrize("declared", [{}, {"lambda_function": "pricing"}], ids=["here", "Lambda"])
def test_no_arguments_are_enough_for_a_tool_without_parameters(
    *, runner_of: RunnerOf, record: Recorder, recorded: Reader, arguments, declared
):
    @tool(**declared)
    def now(*, context: ToolContext) -> str:
        return "null"

    record(name="now", arguments=f"inline:{arguments}")
    pricing = Invoked()

    run(runner_of(now, lambda_functions=pricing.functions))

    assert (recorded().outcome, recorded().output) == ("succeeded", "inline:null")
    assert [event["arguments"] for event in pricing.events] == ([{}] if declared else [])


@pytest.mark.parametrize("arguments", ["", "null", '"text"', "[]"])
def test_no_arguments_are_not_enough_for_a_tool_with_parameters(
    *, runner_of: RunnerOf, record: Recorder, recorded: Reader, ran: Path, arguments
):
    pending(record, arguments=f"inline:{arguments}")

    run(runner_of(ship_of(ran, str)))

    assert (recorded().error.code, ran.exists()) == ("invalid_arguments", False)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "number", ["1" * 5000, "1e999", "-" + "9" * 100_000], ids=["long", "large", "longer"]
)
def test_a_number_of_any_length_is_an_answer(
    *, runner_of: RunnerOf, record: Recorder, recorded: Reader, number
):
    def weigh(grams: Any) -> str:
        return "weighed"

    weigh.__annotations__["grams"] = Annotated[float, BeforeValidator(lambda value: value)]
    record(name="weigh", arguments=f'inline:{{"grams": {number}}}')

    run(runner_of(tool(lambda_function="pricing")(weigh), lambda_functions=Invoked().functions))

    assert not recorded().is_open

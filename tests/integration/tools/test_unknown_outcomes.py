"""A call whose outcome nobody wrote down: its effect decides, and what says `once` is run once."""

import io
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from contracts import instant
from contracts.errors import PayloadLostError, QueueUnavailableError, RetryLaterError
from contracts.messages import CallMessage
from contracts.records import Call, Failure

from functions.tools.masking import keep_secret
from functions.tools.runner import SECONDS_TO_STORE, Runner
from functions.tools.tool import CannotTell, Done, NotDone, Tool, ToolError, tool
from tests.harness.template import physical_name, queue_url

MESSAGE = CallMessage("run_1", 1, "call_1")
UNKNOWN = Failure(
    "outcome_unknown",
    "It is unknown whether this call of charge took effect: it may or may not have. Do not assume either.",
)
MAY_HAVE = "; it may or may not have taken effect."

type RunnerOf = Callable[..., Runner]
type Recorder = Callable[..., Call]
type Reader = Callable[[], Call]
type Told = Callable[[], list[str]]


@pytest.fixture
def effects(tmp_path: Path) -> Path:
    """Where a tool leaves a mark each time that it runs."""
    return tmp_path / "effects"


def charge_of(effects: Path, *, then: Callable[[], Any] = lambda: "charged", **declared: Any) -> Tool:
    """Make a tool that leaves its mark, and then does something."""

    @tool(**declared)
    def charge(cents: int) -> Any:
        with effects.open("a") as marks:
            marks.write("x")
        return then()

    return charge


def verified_by(answer: Callable[[str, Any], Any], charge: Tool) -> Tool:
    charge.verify(answer)
    return charge


def times_run(effects: Path) -> int:
    return len(effects.read_text()) if effects.exists() else 0


def died(record: Recorder, **facts: Any) -> Call:
    """Record a call whose owner died; what was there before is gone."""
    claimed = {"owner": "dead", "fence": 1, "lease_until": instant.now() - timedelta(seconds=1)}
    arguments = 'inline:{"cents": 500}'
    return record(name="charge", arguments=arguments, outcome="running", **claimed | facts)


def pending(record: Recorder, **facts: Any) -> Call:
    return record(name="charge", arguments='inline:{"cents": 500}', **facts)


def run(runner: Runner, *, seconds_left: float = 100, is_last: bool = False) -> None:
    runner.run(MESSAGE, owner="second", seconds_left=seconds_left, is_last=is_last)


def hang() -> None:
    time.sleep(60)


def die() -> None:
    os._exit(7)


def break_down() -> None:
    raise ValueError("the connection was lost")


def refuse() -> None:
    raise ToolError("The card is blocked.")


# -- the function that ran it died ----------------------------------------------------------------


@pytest.mark.parametrize("effect", ["pure", "keyed"])
def test_a_pure_or_keyed_call_is_run_again(
    *, runner_of: RunnerOf, record: Recorder, recorded: Reader, effects: Path, told: Told, effect
):
    died(record, effect=effect)

    run(runner_of(charge_of(effects, effect=effect)))

    assert (recorded().outcome, recorded().output, recorded().fence) == ("succeeded", "inline:charged", 2)
    assert times_run(effects) == 1
    assert told() == ["call_ended"]


def test_a_once_call_is_never_run_again_and_the_model_is_told(
    *,
    runner_of: RunnerOf,
    record: Recorder,
    recorded: Reader,
    effects: Path,
    told: Told,
    log: io.StringIO,
    counted,
):
    died(record, effect="once")
    runner = runner_of(charge_of(effects, effect="once"))

    run(runner)

    call = recorded()
    assert (call.outcome, call.error, call.output, call.fence) == ("unknown", UNKNOWN, None, 2)
    assert call.detail == "The function that ran it ended before it wrote what came of it."
    assert call.ended_at is not None
    assert times_run(effects) == 0
    assert told() == ["call_ended"]
    assert counted() == ["CallOutcomeUnknown"]
    assert '"call ended"' in log.getvalue()


def test_a_once_call_is_left_to_a_person_if_its_tool_says_so(
    *, runner_of: RunnerOf, record: Recorder, recorded: Reader, effects: Path, told: Told, counted
):
    died(record, effect="once", decision="approved")
    runner = runner_of(charge_of(effects, effect="once", when_unknown="ask_person"))

    run(runner)

    call = recorded()
    assert (call.outcome, call.error, call.decision) == ("awaiting_decision", UNKNOWN, None)
    assert call.detail == "The function that ran it ended before it wrote what came of it."
    assert call.wait_until is not None
    assert timedelta(hours=23) < call.wait_until - instant.now() <= timedelta(hours=24)
    assert times_run(effects) == 0
    assert told() == ["decision_needed"]
    assert counted() == ["CallOutcomeUnknown"]


def test_a_once_call_that_a_person_let_run_again_is_run_again(
    *, runner_of: RunnerOf, record: Recorder, recorded: Reader, effects: Path
):
    pending(record, effect="once", fence=2, decision="approved", detail="It died.")

    run(runner_of(charge_of(effects, effect="once", when_unknown="ask_person")))

    assert (recorded().outcome, recorded().detail, times_run(effects)) == ("succeeded", None, 1)


@pytest.mark.parametrize("effect", ["once", "verify", "keyed", "an effect of a later version"])
def test_a_call_whose_tool_is_gone_and_may_have_taken_effect_is_unknown(
    *, runner_of: RunnerOf, record: Recorder, recorded: Reader, effect
):
    died(record, effect=effect)

    run(runner_of())

    assert (recorded().outcome, recorded().error) == ("unknown", UNKNOWN)


@pytest.mark.parametrize("effect", ["once", "verify", "keyed"])
def test_a_call_that_a_person_let_run_again_and_whose_tool_is_gone_is_unknown(
    *, runner_of: RunnerOf, record: Recorder, recorded: Reader, effect
):
    pending(record, effect=effect, fence=1, owner="dead", decision="approved", decided_at=instant.now())

    run(runner_of())

    assert (recorded().outcome, recorded().error, recorded().attempts) == ("unknown", UNKNOWN, 1)


def test_the_effect_is_the_one_that_was_declared_when_the_call_was_written_down(
    *, runner_of: RunnerOf, record: Recorder, recorded: Reader, effects: Path
):
    died(record, effect="once")

    run(runner_of(charge_of(effects, effect="pure")))

    assert (recorded().outcome, times_run(effects)) == ("unknown", 0)


def test_a_call_of_a_living_owner_is_left_alone_until_its_lease_ends(
    *, runner_of: RunnerOf, record: Recorder, recorded: Reader, effects: Path, told: Told
):
    lease = {"owner": "alive", "fence": 1, "lease_until": instant.now() + timedelta(seconds=30)}
    pending(record, outcome="running", **lease)
    before = recorded()

    with pytest.raises(RetryLaterError) as raised:
        run(runner_of(charge_of(effects)))

    assert 20 <= raised.value.delay_seconds <= 31
    assert recorded() == before
    assert told() == []


# -- it dies each time ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("effect", "outcome", "words"),
    [
        ("pure", "failed", "The tool charge failed: what ran it died 3 times."),
        ("keyed", "unknown", UNKNOWN.message),
        ("verify", "unknown", UNKNOWN.message),
    ],
)
def test_a_call_whose_function_dies_each_time_is_begun_so_often_and_no_more(
    *,
    runner_of: RunnerOf,
    record: Recorder,
    recorded: Reader,
    effects: Path,
    told: Told,
    effect,
    outcome,
    words,
):
    charge = charge_of(effects, effect=effect)
    if effect == "verify":
        charge.verify(lambda *_: NotDone())
    died(record, effect=effect)
    run(runner_of(charge))
    died(record, effect=effect, fence=3)
    before = times_run(effects)

    run(runner_of(charge))

    assert (before, times_run(effects)) == (1, 1)
    assert (recorded().outcome, recorded().attempts) == (outcome, 3)
    assert recorded().error.message == words  # type: ignore[union-attr]
    assert told() == ["call_ended", "call_ended"]


def test_a_tool_says_how_often_it_is_begun(
    *, runner_of: RunnerOf, record: Recorder, recorded: Reader, effects: Path
):
    charge = charge_of(effects, effect="pure", max_attempts=1)
    died(record, effect="pure")

    run(runner_of(charge))

    assert (recorded().outcome, recorded().attempts, times_run(effects)) == ("failed", 1, 0)


def test_a_person_decides_about_a_call_whose_function_died_each_time_if_its_tool_says_so(
    *, runner_of: RunnerOf, record: Recorder, recorded: Reader, effects: Path
):
    charge = charge_of(effects, effect="keyed", when_unknown="ask_person")
    died(record, effect="keyed", fence=3)

    run(runner_of(charge))
    assert (recorded().outcome, recorded().attempts, times_run(effects)) == ("awaiting_decision", 3, 0)

    pending(record, effect="keyed", decision="approved", fence=4, given_back=1)
    run(runner_of(charge))
    assert (recorded().outcome, recorded().attempts, times_run(effects)) == ("succeeded", 4, 1)


# -- asking the tool ------------------------------------------------------------------------------


def test_a_call_that_its_tool_says_was_done_is_not_run_again(
    *, runner_of: RunnerOf, record: Recorder, recorded: Reader, effects: Path, told: Told
):
    died(record, effect="verify")
    charge = verified_by(
        lambda key, arguments: Done({"key": key, "arguments": arguments}), charge_of(effects, effect="verify")
    )

    run(runner_of(charge))

    output = 'inline:{"key":"run_1:1:call_1","arguments":{"cents":500}}'
    assert (recorded().outcome, recorded().output, recorded().fence) == ("succeeded", output, 2)
    assert times_run(effects) == 0
    assert told() == ["call_ended"]


def test_a_call_that_its_tool_says_was_not_done_is_run(
    *, runner_of: RunnerOf, record: Recorder, recorded: Reader, effects: Path
):
    died(record, effect="verify")

    run(runner_of(verified_by(lambda *_: NotDone(), charge_of(effects, effect="verify"))))

    assert (recorded().outcome, recorded().output, times_run(effects)) == ("succeeded", "inline:charged", 1)


NO_ANSWERS: dict[str, tuple[Callable[..., Any], str]] = {
    "cannot tell": (lambda *_: CannotTell("the bank is closed"), "the bank is closed"),
    "raises": (lambda *_: break_down(), "the connection was lost"),
    "tells the model": (lambda *_: refuse(), "The card is blocked."),
    "hangs": (lambda *_: hang(), "did not finish in time"),
    "dies": (lambda *_: die(), "ended with code 7"),
    "says nothing": (lambda *_: None, "answered with a NoneType"),
    "says true": (lambda *_: True, "answered with a bool"),
    "says false": (lambda *_: False, "answered with a bool"),
    "a class": (lambda *_: NotDone, "answered with a type"),
    "wants more": (lambda key: Done("x"), "positional argument"),
    "a reason of any kind": (lambda *_: CannotTell(object()), "object object"),  # type: ignore[arg-type]
    "a long reason": (lambda *_: CannotTell("x" * 500_000), "xxx"),
}


@pytest.mark.parametrize(("answer", "detail"), NO_ANSWERS.values(), ids=NO_ANSWERS)
def test_a_tool_that_cannot_tell_is_not_run_again_whatever_it_does_instead_of_answering(
    *, runner_of: RunnerOf, record: Recorder, recorded: Reader, effects: Path, told: Told, answer, detail
):
    died(record, effect="verify")

    run(runner_of(verified_by(answer, charge_of(effects, effect="verify", timeout=1))))

    assert (recorded().outcome, recorded().error) == ("unknown", UNKNOWN)
    assert detail in (recorded().detail or "")
    assert times_run(effects) == 0
    assert told() == ["call_ended"]


def test_a_call_that_its_tool_says_was_done_was_done_though_its_output_is_no_json(
    *, runner_of: RunnerOf, record: Recorder, recorded: Reader, effects: Path
):
    died(record, effect="verify")
    charge = verified_by(lambda *_: Done({"at": object()}), charge_of(effects, effect="verify"))

    run(runner_of(charge))

    assert (recorded().outcome, recorded().attempts, times_run(effects)) == ("succeeded", 1, 0)


def test_a_tool_that_cannot_tell_has_a_person_decide_if_it_says_so(
    *, runner_of: RunnerOf, record: Recorder, recorded: Reader, effects: Path, told: Told
):
    died(record, effect="verify")
    charge = charge_of(effects, effect="verify", when_unknown="ask_person")

    run(runner_of(verified_by(lambda *_: CannotTell("the bank is closed"), charge)))

    assert (recorded().outcome, recorded().error) == ("awaiting_decision", UNKNOWN)
    assert "the bank is closed" in (recorded().detail or "")
    assert told() == ["decision_needed"]


def test_a_verify_function_that_was_taken_away_cannot_tell(
    *, runner_of: RunnerOf, record: Recorder, recorded: Reader, effects: Path
):
    died(record, effect="verify")

    run(runner_of(charge_of(effects, effect="keyed")))

    assert (recorded().outcome, times_run(effects)) == ("unknown", 0)


def test_asking_leaves_the_tool_time_to_run(
    *, runner_of: RunnerOf, record: Recorder, recorded: Reader, effects: Path
):
    died(record, effect="verify")
    charge = charge_of(effects, effect="verify", timeout=30)

    def slow(*_: Any) -> NotDone:
        time.sleep(0.5)
        return NotDone()

    run(runner_of(verified_by(slow, charge)), seconds_left=SECONDS_TO_STORE + 8)

    assert (recorded().outcome, times_run(effects)) == ("succeeded", 1)


def test_asking_takes_no_longer_than_half_the_time_there_is(
    *, runner_of: RunnerOf, record: Recorder, recorded: Reader, effects: Path
):
    died(record, effect="verify")
    charge = charge_of(effects, effect="verify", timeout=30)

    def slow(*_: Any) -> NotDone:
        time.sleep(3)
        return NotDone()

    run(runner_of(verified_by(slow, charge)), seconds_left=SECONDS_TO_STORE + 4)

    assert (recorded().outcome, times_run(effects)) == ("unknown", 0)


# -- the tool itself hung, died or raised ---------------------------------------------------------

FAILED = "The tool charge failed"
SLOW = "The tool charge did not finish within 1 s"


@pytest.mark.parametrize(
    ("effect", "then", "failure"),
    [
        ("pure", hang, Failure("tool_timed_out", f"{SLOW}.")),
        ("pure", die, Failure("tool_died", f"{FAILED}.")),
        ("pure", break_down, Failure("tool_failed", f"{FAILED}.")),
        ("keyed", hang, Failure("tool_timed_out", SLOW + MAY_HAVE)),
        ("keyed", die, Failure("tool_died", FAILED + MAY_HAVE)),
        ("keyed", break_down, Failure("tool_failed", f"{FAILED}.")),
        ("once", hang, Failure("tool_timed_out", SLOW + MAY_HAVE)),
        ("once", die, Failure("tool_died", FAILED + MAY_HAVE)),
        ("once", break_down, Failure("tool_failed", f"{FAILED}.")),
        ("once", refuse, Failure("tool_error", "The card is blocked.")),
    ],
)
def test_the_model_is_told_when_a_failed_call_may_have_taken_effect(
    *, runner_of: RunnerOf, record: Recorder, recorded: Reader, effects: Path, effect, then, failure
):
    pending(record, effect=effect)

    run(runner_of(charge_of(effects, then=then, effect=effect, timeout=1)))

    assert (recorded().outcome, recorded().error) == ("failed", failure)


@pytest.mark.parametrize(
    ("then", "detail"), [(hang, "it did not finish in time"), (die, "its process ended with code 7")]
)
def test_a_once_call_that_hung_or_died_is_left_to_a_person_if_its_tool_says_so(
    *, runner_of: RunnerOf, record: Recorder, recorded: Reader, effects: Path, told: Told, then, detail
):
    pending(record, effect="once")
    charge = charge_of(effects, then=then, effect="once", timeout=1, when_unknown="ask_person")

    run(runner_of(charge))

    assert (recorded().outcome, recorded().error, recorded().detail) == ("awaiting_decision", UNKNOWN, detail)
    assert told() == ["decision_needed"]


@pytest.mark.parametrize(
    ("then", "code", "words"),
    [(hang, "tool_timed_out", SLOW), (die, "tool_died", FAILED), (break_down, "tool_failed", FAILED)],
)
@pytest.mark.parametrize(
    ("answer", "outcome", "end"),
    [
        (Done("charged before it failed"), "succeeded", None),
        (NotDone(), "failed", "."),
        (CannotTell(), "failed", MAY_HAVE),
        ("nonsense", "failed", MAY_HAVE),
    ],
    ids=["done", "not done", "cannot tell", "nonsense"],
)
def test_a_tool_that_can_be_asked_is_asked_when_it_hung_died_or_raised(
    *, runner_of: RunnerOf, record: Recorder, recorded: Reader, effects: Path, then, code, words, answer,
    outcome, end
):  # fmt: skip
    pending(record, effect="verify")
    charge = verified_by(lambda *_: answer, charge_of(effects, then=then, effect="verify", timeout=1))

    run(runner_of(charge))

    call = recorded()
    assert call.outcome == outcome
    assert call.error == (Failure(code, words + end) if end else None)
    assert call.output == (None if end else "inline:charged before it failed")
    assert times_run(effects) == 1


@pytest.mark.parametrize("begin", [died, pending], ids=["its function died", "its tool raised"])
def test_why_a_tool_cannot_tell_is_told_without_the_secrets_that_it_has_read_to_say_so(
    *, runner_of: RunnerOf, record: Recorder, recorded: Reader, effects: Path, begin
):
    begin(record, effect="verify")

    def ask(*_: object) -> CannotTell:
        keep_secret("tok-0815-abcd")  # as `Secret.value` does, in the process of the verify function alone
        return CannotTell("refused: https://bank.test/?key=tok-0815-abcd")

    run(runner_of(verified_by(ask, charge_of(effects, then=break_down, effect="verify"))))

    detail = recorded().detail or ""
    assert detail.endswith("The verify function cannot tell: refused: https://bank.test/?key=***")


def test_people_are_told_how_a_call_failed_and_why_its_tool_cannot_tell(
    *, runner_of: RunnerOf, record: Recorder, recorded: Reader, effects: Path
):
    pending(record, effect="verify")
    charge = charge_of(effects, then=die, effect="verify")

    run(runner_of(verified_by(lambda *_: CannotTell("the bank is closed"), charge)))

    why = "The verify function cannot tell: the bank is closed"
    assert recorded().detail == f"its process ended with code 7\n{why}"


def test_a_tool_error_is_believed_without_asking(
    *, runner_of: RunnerOf, record: Recorder, recorded: Reader, effects: Path
):
    pending(record, effect="verify")
    charge = charge_of(effects, then=refuse, effect="verify")

    run(runner_of(verified_by(lambda *_: Done("x"), charge)))

    assert recorded().error == Failure("tool_error", "The card is blocked.")


def test_a_tool_that_takes_all_its_time_leaves_some_for_asking(
    *, runner_of: RunnerOf, record: Recorder, recorded: Reader, effects: Path
):
    pending(record, effect="verify")
    charge = charge_of(effects, then=hang, effect="verify", timeout=30)

    run(runner_of(verified_by(lambda *_: Done("charged"), charge)), seconds_left=SECONDS_TO_STORE + 4)

    assert (recorded().outcome, recorded().output) == ("succeeded", "inline:charged")


# -- what else may go wrong -----------------------------------------------------------------------


def test_a_zombie_of_a_once_call_writes_nothing_and_tells_nobody(
    *,
    runner_of: RunnerOf,
    record: Recorder,
    recorded: Reader,
    effects: Path,
    told: Told,
    monkeypatch: pytest.MonkeyPatch,
    counted,
):
    pending(record, effect="once")
    runner = runner_of(charge_of(effects, effect="once"))
    write = type(runner.ledger).close

    def sleep_too_long(ledger: Any, call: Call, **changes: Any) -> Call:
        monkeypatch.undo()
        died(record, effect="once")
        runner.run(MESSAGE, owner="third", seconds_left=100)
        assert told() == ["call_ended"]
        return write(ledger, call, **changes)

    monkeypatch.setattr(type(runner.ledger), "close", sleep_too_long)
    run(runner)

    assert (recorded().outcome, recorded().owner) == ("unknown", "third")
    assert told() == []
    assert counted() == ["CallOutcomeUnknown"]


def test_a_question_that_could_not_be_told_is_told_when_the_message_comes_back(
    *, aws, runner_of: RunnerOf, record: Recorder, recorded: Reader, effects: Path, told: Told
):
    died(record, effect="once")
    runner = runner_of(charge_of(effects, when_unknown="ask_person"))
    aws.sqs.delete_queue(QueueUrl=queue_url("RunQueue"))
    with pytest.raises(QueueUnavailableError):
        run(runner)
    aws.sqs.create_queue(QueueName=queue_url("RunQueue").rpartition("/")[2])
    before = recorded()

    run(runner)

    assert recorded() == before
    assert told() == ["decision_needed"]


def test_a_call_whose_arguments_cannot_be_fetched_was_not_run_and_may_be_tried_at_once(
    *, aws, runner_of: RunnerOf, record: Recorder, recorded: Reader, effects: Path
):
    record(name="charge", effect="once", arguments="s3:nowhere")
    runner = runner_of(charge_of(effects, effect="once"))
    with pytest.raises(PayloadLostError):
        run(runner)
    assert (recorded().outcome, recorded().lease_until) == ("pending", None)
    aws.s3.put_object(Bucket=physical_name("PayloadBucket"), Key="nowhere", Body=b'{"cents": 5}')

    run(runner)

    assert (recorded().outcome, recorded().fence, times_run(effects)) == ("succeeded", 2, 1)


class Broken(dict[str, Tool]):
    """A catalog that is not there when a tool is looked for: a mistake of ours."""

    def get(self, name: str, *_: Any) -> Tool:
        raise KeyError(name)


@pytest.mark.parametrize("effect", ["pure", "keyed", "once", "verify"])
def test_a_mistake_of_ours_ends_a_call_that_nobody_began_at_its_last_receive(
    runner_of: RunnerOf, record: Recorder, recorded: Reader, effects: Path, effect
):
    pending(record, effect=effect)
    runner = replace(runner_of(charge_of(effects, effect=effect)), tools=Broken())
    with pytest.raises(KeyError):
        run(runner)
    assert recorded().outcome == "pending"

    run(runner, is_last=True)

    assert (recorded().outcome, recorded().error.code, recorded().attempts) == ("failed", "internal_error", 0)


class BrokenLater(Broken):
    """The same, but once a call is taken up."""

    def __init__(self, tools: Mapping[str, Tool]) -> None:
        super().__init__(tools)
        self.asked = 0

    def get(self, name: str, *_: Any) -> Tool:
        self.asked += 1
        if self.asked == 2:
            raise KeyError(name)
        return self[name]


@pytest.mark.parametrize(
    ("effect", "outcome"), [("pure", "failed"), ("keyed", "unknown"), ("verify", "unknown")]
)
def test_a_mistake_of_ours_leaves_a_call_that_was_begun_unknown_at_its_last_receive(
    *, runner_of: RunnerOf, record: Recorder, recorded: Reader, effects: Path, effect, outcome
):
    died(record, effect=effect)
    runner = runner_of(charge_of(effects, effect=effect))
    runner = replace(runner, tools=BrokenLater(runner.tools))

    run(runner, is_last=True)

    assert (recorded().outcome, times_run(effects)) == (outcome, 0)

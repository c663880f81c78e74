"""Whether a person decides first may depend on the arguments; in doubt a person decides."""

import io
import json
import os
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from contracts import instant
from contracts.messages import CallMessage
from contracts.records import Call

from functions.tools.runner import Runner
from functions.tools.tool import Tool, ToolContext, tool

MESSAGE = CallMessage("run_1", 1, "call_1")

type RunnerOf = Callable[..., Runner]
type Recorder = Callable[..., Call]
type Reader = Callable[[], Call]
type Told = Callable[[], list[str]]


@pytest.fixture
def ran(tmp_path: Path) -> Path:
    """A file that is there once the tool has run."""
    return tmp_path / "ran"


def refund_of(ran: Path, **declared: Any) -> Tool:
    @tool(**{"effect": "keyed", "timeout": 1, **declared})
    def refund(order_id: str, cents: int) -> str:
        ran.touch()
        return f"refunded {cents}"

    return refund


def pending(record: Recorder, *, cents: Any = 500, **facts: Any) -> Call:
    arguments = json.dumps({"order_id": "A-1", "cents": cents})
    return record(name="refund", effect="keyed", arguments=f"inline:{arguments}", **facts)


def run(runner: Runner) -> None:
    runner.run(MESSAGE, owner="first", seconds_left=100)


def is_large(cents: int) -> bool:
    return cents > 10_000


@pytest.mark.parametrize(
    ("cents", "outcome", "news"),
    [(10_000, "succeeded", "call_ended"), (10_001, "awaiting_decision", "decision_needed")],
)
def test_the_arguments_decide_whether_a_person_is_asked(
    *, runner_of: RunnerOf, record: Recorder, recorded: Reader, told: Told, ran: Path, cents, outcome, news
):
    pending(record, cents=cents)

    run(runner_of(refund_of(ran, approval=is_large)))

    assert recorded().outcome == outcome
    assert ran.exists() == (outcome == "succeeded")
    assert told() == [news]


def test_a_call_that_waits_for_a_person_says_until_when_and_nothing_of_having_run(
    *, runner_of: RunnerOf, record: Recorder, recorded: Reader, ran: Path, log: io.StringIO, counted
):
    pending(record, cents=10_001)
    runner = runner_of(refund_of(ran, approval=is_large))

    run(runner)

    call = recorded()
    assert call.wait_until is not None
    assert timedelta(hours=23) < call.wait_until - instant.now() <= timedelta(hours=24)
    assert (call.started_at, call.lease_until, call.error, call.detail) == (None, None, None, None)
    assert counted() == []
    assert '"decision asked for"' in log.getvalue()


def test_nobody_is_asked_for_longer_than_the_run_has(
    runner_of: RunnerOf, record: Recorder, recorded: Reader, ran: Path
):
    deadline = instant.from_text(instant.to_text(instant.now() + timedelta(minutes=5)))
    pending(record, cents=10_001, deadline_at=deadline)

    run(runner_of(refund_of(ran, approval=is_large)))

    assert recorded().wait_until == deadline


def test_a_call_that_a_person_approved_runs_and_nobody_is_asked_again(
    *, runner_of: RunnerOf, record: Recorder, recorded: Reader, ran: Path, told: Told
):
    pending(record, cents=10_001, decision="approved", fence=1)

    run(runner_of(refund_of(ran, approval=is_large)))

    assert (recorded().outcome, recorded().output) == ("succeeded", "inline:refunded 10001")
    assert told() == ["call_ended"]


def test_a_question_to_a_person_is_no_attempt(
    *, runner_of: RunnerOf, record: Recorder, recorded: Reader, ran: Path
):
    runner = runner_of(refund_of(ran, approval=is_large))
    asked = pending(record, cents=10_001)
    run(runner)
    assert (recorded().outcome, recorded().attempts) == ("awaiting_decision", 0)

    pending(record, cents=10_001, decision="approved", fence=1, given_back=recorded().given_back)
    run(runner)

    assert (recorded().outcome, recorded().attempts, asked.attempts) == ("succeeded", 1, 0)


POLICIES: dict[str, tuple[Any, bool]] = {
    "takes them all": (lambda order_id, cents: order_id == "A-1" and cents == 500, True),
    "takes one": (lambda order_id: order_id != "A-1", False),
    "takes none": (lambda: True, True),
    "takes any": (lambda **arguments: sorted(arguments) == ["cents", "context", "order_id"], True),
    "takes the context": (lambda context: context.metadata["tenant"] == "acme", True),
    "takes both": (lambda cents, *, context: cents > 0 and context.run_id != "run_1", False),
    "always": ("always", True),
    "never": ("never", False),
}


@pytest.mark.parametrize(("policy", "is_needed"), POLICIES.values(), ids=POLICIES)
def test_an_approval_function_takes_what_it_needs_by_name(
    *, runner_of: RunnerOf, record: Recorder, recorded: Reader, ran: Path, policy, is_needed
):
    pending(record, metadata={"tenant": "acme"})
    refund = refund_of(ran, approval=policy)
    assert refund.entry.approval == (policy if isinstance(policy, str) else "by_arguments")

    run(runner_of(refund))

    assert (recorded().outcome == "awaiting_decision", ran.exists()) == (is_needed, not is_needed)
    assert recorded().detail is None


def in_doubt(cents: int) -> bool:
    raise ValueError("no rate for today")


NO_ANSWERS: dict[str, tuple[Callable[..., Any], str]] = {
    "raises": (in_doubt, "no rate for today"),
    "hangs": (lambda: time.sleep(60), "did not finish in time"),
    "dies": (lambda: os._exit(7), "ended with code 7"),
    "says nothing": (lambda: None, "answered with a NoneType"),
    "says zero": (lambda: 0, "answered with a int"),
    "says no": (lambda: "false", "answered with a str"),
    "wants more": (lambda colour: False, "colour"),
}


@pytest.mark.parametrize(("policy", "detail"), NO_ANSWERS.values(), ids=NO_ANSWERS)
def test_an_approval_function_without_an_answer_means_that_a_person_decides(
    *, runner_of: RunnerOf, record: Recorder, recorded: Reader, ran: Path, told: Told, policy, detail
):
    pending(record)

    run(runner_of(refund_of(ran, approval=policy)))

    call = recorded()
    assert (call.outcome, call.error) == ("awaiting_decision", None)
    assert (call.detail or "").startswith("The approval function gave no answer: ")
    assert detail in (call.detail or "")
    assert not ran.exists()
    assert told() == ["decision_needed"]


def test_nobody_is_asked_about_arguments_that_break_the_schema(
    *, runner_of: RunnerOf, record: Recorder, recorded: Reader, ran: Path
):
    pending(record, cents="many")

    run(runner_of(refund_of(ran, approval=lambda: True)))

    assert recorded().error is not None
    assert recorded().error.code == "invalid_arguments"  # type: ignore[union-attr]


def test_a_call_that_is_run_again_after_a_death_is_still_subject_to_approval(
    *, runner_of: RunnerOf, record: Recorder, recorded: Reader, ran: Path
):
    dead = {"outcome": "running", "owner": "dead", "lease_until": instant.now() - timedelta(seconds=1)}
    pending(record, cents=10_001, fence=1, **dead)

    run(runner_of(refund_of(ran, approval=is_large)))

    assert (recorded().outcome, recorded().error, ran.exists()) == ("awaiting_decision", None, False)


@pytest.mark.parametrize(("cents", "decision"), [(500, None), (10_001, "approved"), (10_001, None)])
def test_an_approval_function_costs_no_write(
    *, aws: SimpleNamespace, runner_of: RunnerOf, record: Recorder, ran: Path, cents, decision
):
    pending(record, cents=cents, decision=decision)
    sent: list[str] = []
    hook: Any = lambda event_name, **_: sent.append(event_name.rpartition(".")[2])  # noqa: E731
    aws.dynamodb.meta.events.register_first("before-send", hook)

    try:
        run(runner_of(refund_of(ran, approval=is_large)))
    finally:
        aws.dynamodb.meta.events.unregister("before-send", hook)

    assert sent == ["UpdateItem", "UpdateItem"]


def test_a_call_that_waits_for_a_person_is_not_run_by_another_message(
    *, runner_of: RunnerOf, record: Recorder, recorded: Reader, ran: Path, told: Told
):
    pending(record, outcome="awaiting_decision", wait_until=instant.now() + timedelta(hours=1))
    before = recorded()

    run(runner_of(refund_of(ran)))

    assert (recorded(), ran.exists()) == (before, False)
    assert told() == ["decision_needed"]


@pytest.mark.parametrize("facts", [{"executor": "external"}, {"outcome": "denied"}], ids=str)
def test_a_call_that_is_not_to_be_run_here_is_not_run(
    *, runner_of: RunnerOf, record: Recorder, recorded: Reader, ran: Path, told: Told, facts
):
    pending(record, **facts)
    before = recorded()

    run(runner_of(refund_of(ran)))

    assert (recorded(), ran.exists()) == (before, False)
    assert told() == (["call_ended"] if "outcome" in facts else [])


def test_a_stub_is_never_run_though_its_record_was_written_before_it_became_one(
    *, runner_of: RunnerOf, record: Recorder, recorded: Reader, ran: Path
):
    pending(record)

    run(runner_of(refund_of(ran, executor="external")))

    assert (recorded().outcome, ran.exists()) == ("failed", False)
    assert recorded().error.code == "unknown_tool"  # type: ignore[union-attr]


def test_a_person_decides_with_the_context_of_the_call(
    *, runner_of: RunnerOf, record: Recorder, recorded: Reader, ran: Path
):
    def is_known(context: ToolContext) -> bool:
        return (context.call_id, context.idempotency_key, context.attempt) != ("call_1", "run_1:1:call_1", 1)

    pending(record)

    run(runner_of(refund_of(ran, approval=is_known)))

    assert recorded().outcome == "succeeded"

"""One call from its message to its record: what came of it, what the model is told, who is nudged."""

import io
import json
import os
import time
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from contracts import instant
from contracts.errors import QueueUnavailableError, RetryLaterError
from contracts.messages import CallMessage
from contracts.records import Call, Failure
from openai.types.responses import ResponseInputFile

from functions.tools.output import IN_OTHER_WORDS, NOT_A_NUMBER
from functions.tools.result import MAX_WORDS_CHARACTERS
from functions.tools.runner import SECONDS_TO_STORE, Runner
from functions.tools.tool import ToolContext, ToolError, tool
from tests.harness.template import queue_url
from tests.integration.local_aws import queued
from tests.integration.tools.lost_replies import reply_lost

MESSAGE = CallMessage("run_1", 1, "call_1")
NUDGE = {"version": 1, "message": "run", "run_id": "run_1", "reason": "call_ended", "attempt": 0}

type Recorder = Callable[..., Call]
type Reader = Callable[[], Call]


class Measure:
    def __repr__(self) -> str:
        return "a measure"


@tool(effect="pure")
def echo(words: str) -> str:
    return words


@tool()
def speak_to_the_model() -> None:
    raise ToolError("There is no such order.")


@tool()
def ramble_to_the_model() -> None:
    raise ToolError("x" * 1_000_000)


@tool()
def break_down() -> None:
    raise ValueError("the password is swordfish")


@tool()
def die() -> None:
    os._exit(7)


@tool(timeout=1)
def hang() -> None:
    time.sleep(60)


@tool(timeout=30)
def hang_for_long() -> None:
    time.sleep(60)


@tool(effect="keyed")
def tell_the_context(*, context: ToolContext) -> dict[str, Any]:
    return {
        "run_id": context.run_id,
        "call_id": context.call_id,
        "idempotency_key": context.idempotency_key,
        "attempt": context.attempt,
        "seconds": (context.deadline - instant.now()).total_seconds(),
        "metadata": dict(context.metadata),
    }


@tool()
def many(numbers: list[int]) -> int:
    return sum(numbers)


TOOLS = (
    echo,
    speak_to_the_model,
    ramble_to_the_model,
    break_down,
    die,
    hang,
    hang_for_long,
    tell_the_context,
    many,
)


@pytest.fixture
def runner(runner_of: Callable[..., Runner]) -> Runner:
    return runner_of(*TOOLS)


def run(runner: Runner, *, owner: str = "first", seconds_left: float = 100) -> None:
    runner.run(MESSAGE, owner=owner, seconds_left=seconds_left)


def nudges(aws: SimpleNamespace) -> list[Any]:
    return [json.loads(body) for body in queued(aws)]


def test_a_tool_that_returns_has_succeeded(aws, runner: Runner, record: Recorder, recorded: Reader, counted):
    record(name="echo", arguments='inline:{"words":"hello"}')

    run(runner)

    call = recorded()
    assert (call.outcome, call.output, call.error, call.detail) == ("succeeded", "inline:hello", None, None)
    assert nudges(aws) == [NUDGE]
    assert counted() == ["CallSucceeded"]


@pytest.mark.parametrize(
    ("name", "arguments", "failure", "detail"),
    [
        ("speak_to_the_model", "{}", Failure("tool_error", "There is no such order."), "ToolError"),
        ("break_down", "{}", Failure("tool_failed", "The tool break_down failed."), "swordfish"),
        (
            "die",
            "{}",
            Failure("tool_died", "The tool die failed; it may or may not have taken effect."),
            "its process ended with code 7",
        ),
        (
            "hang",
            "{}",
            Failure(
                "tool_timed_out",
                "The tool hang did not finish within 1 s; it may or may not have taken effect.",
            ),
            "",
        ),
        ("fly", "{}", Failure("unknown_tool", "There is no tool named fly."), ""),
        (
            "echo",
            '{"words": 7, "loud": true}',
            Failure(
                "invalid_arguments",
                "The arguments of echo break its schema: "
                "words: Input should be a valid string; loud: Extra inputs are not permitted",
            ),
            "",
        ),
        (
            "echo",
            "[]",
            Failure(
                "invalid_arguments",
                "The arguments of echo break its schema: arguments: Input should be an object",
            ),
            "",
        ),
    ],
    ids=["tells the model", "raises", "dies", "hangs", "unknown", "wrong arguments", "no object"],
)
def test_a_tool_that_fails_is_an_answer_and_its_details_are_for_people(
    aws, *, runner: Runner, record: Recorder, recorded: Reader, name, arguments, failure, detail, counted
):
    record(name=name, arguments=f"inline:{arguments}")

    run(runner)

    call = recorded()
    assert (call.outcome, call.error, call.output) == ("failed", failure, None)
    assert detail in (call.detail or "")
    assert nudges(aws) == [NUDGE]
    assert counted() == ["CallFailed"]


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("ramble_to_the_model", "{}"), ("many", json.dumps({"numbers": ["x"] * 20_000}))],
    ids=["a tool's words", "one error an argument"],
)
def test_words_of_any_length_still_fit_into_the_calls_record(
    runner: Runner, record: Recorder, recorded: Reader, name, arguments
):
    record(name=name, arguments=runner.payloads.store("arguments", arguments))

    run(runner)

    failure = recorded().error
    assert failure is not None
    assert len(failure.message) == MAX_WORDS_CHARACTERS


@pytest.mark.parametrize("effect", ["pure", "keyed", "once"])
@pytest.mark.parametrize(
    ("value", "output"),
    [
        (Measure(), "inline:a measure"),
        (b"\xff", "inline:\ufffd"),
        ({"half": "\ud800"}, 'inline:{"half":"\ufffd"}'),
        ({"ratio": float("nan")}, f'inline:{{"ratio":null,"note":"{NOT_A_NUMBER}"}}'),
    ],
    ids=["object", "bytes", "half a surrogate pair", "not a number"],
)
def test_a_tool_that_returned_has_succeeded_whatever_it_returned(
    *, runner_of: Callable[..., Runner], record: Recorder, recorded: Reader, effect, value, output
):
    @tool(effect=effect, when_unknown="ask_person")
    def measure() -> Any:
        return value

    record(name="measure", effect=effect)

    run(runner_of(measure))

    call = recorded()
    assert (call.outcome, call.output, call.error) == ("succeeded", output, None)
    assert call.detail in (IN_OTHER_WORDS, NOT_A_NUMBER)


IMAGE = {"type": "input_image", "image_url": "https://example.com/parcel.png"}


@pytest.mark.parametrize(
    ("value", "output_type"),
    [
        ([IMAGE], "content"),
        ((IMAGE,), "content"),
        ([ResponseInputFile(type="input_file", file_id="file_1")], "content"),
        (json.dumps([IMAGE]), None),
        ([IMAGE, "x"], None),
    ],
    ids=["list", "tuple", "the SDK's objects", "string", "not only parts"],
)
def test_a_tool_may_return_content_parts(
    *, runner_of: Callable[..., Runner], record: Recorder, recorded: Reader, value, output_type
):
    @tool()
    def photograph() -> Any:
        return value

    record(name="photograph")

    run(runner_of(photograph))

    assert (recorded().outcome, recorded().output_type) == ("succeeded", output_type)


def test_a_tool_knows_its_call_and_how_long_it_has(runner: Runner, record: Recorder, recorded: Reader):
    record(name="tell_the_context", effect="keyed", fence=2, metadata={"customer": "ann"})

    run(runner)

    told = json.loads((recorded().output or "").removeprefix("inline:"))
    assert 20 < told.pop("seconds") <= 30
    assert told == {
        "run_id": "run_1",
        "call_id": "call_1",
        "idempotency_key": "run_1:1:call_1",
        "attempt": 3,
        "metadata": {"customer": "ann"},
    }


def test_the_idempotency_key_is_the_same_for_every_attempt(
    runner: Runner, record: Recorder, recorded: Reader
):
    record(name="tell_the_context", effect="keyed")
    run(runner)
    first = json.loads((recorded().output or "").removeprefix("inline:"))
    died = {
        "outcome": "running",
        "owner": "dead",
        "fence": 1,
        "lease_until": instant.now() - timedelta(hours=1),
    }
    record(name="tell_the_context", effect="keyed", **died)
    run(runner, owner="second")
    second = json.loads((recorded().output or "").removeprefix("inline:"))

    assert (first["attempt"], second["attempt"]) == (1, 2)
    assert first["idempotency_key"] == second["idempotency_key"]


def test_a_timeout_leaves_the_function_time_to_store_the_outcome(
    runner: Runner, record: Recorder, recorded: Reader
):
    record(name="tell_the_context", effect="keyed")

    run(runner, seconds_left=SECONDS_TO_STORE + 2)

    told = json.loads((recorded().output or "").removeprefix("inline:"))
    assert told["seconds"] <= 2


def test_a_tool_has_all_the_time_but_what_it_takes_to_store_and_to_tell(
    *, runner_of: Callable[..., Runner], record: Recorder, recorded: Reader
):
    @tool(timeout=110)
    def tell_the_time(*, context: ToolContext) -> str:
        return str((context.deadline - instant.now()).total_seconds())

    record(name="tell_the_time")

    run(runner_of(tell_the_time), seconds_left=60)

    assert 40 <= float((recorded().output or "").removeprefix("inline:")) <= 57


def test_a_tool_is_ended_while_the_function_has_time_left(runner: Runner, record: Recorder, recorded: Reader):
    record(name="hang_for_long")
    started = time.monotonic()

    run(runner, seconds_left=SECONDS_TO_STORE + 0.2)

    assert time.monotonic() - started < 20
    assert recorded().error is not None
    assert recorded().error.code == "tool_timed_out"  # type: ignore[union-attr]


def test_a_lease_lasts_as_long_as_the_function_may_live(runner: Runner, record: Recorder, recorded: Reader):
    record(name="echo", arguments='inline:{"words":"x"}')

    run(runner, seconds_left=42)

    call = recorded()
    assert call.lease_until is not None
    assert call.started_at is not None
    assert call.lease_until - call.started_at == timedelta(seconds=42)


@pytest.mark.parametrize("size", [99_000, 200_000, 3_000_000])
def test_outputs_and_arguments_of_any_size_come_through(
    runner: Runner, record: Recorder, recorded: Reader, size
):
    words = "x" * size
    arguments = runner.payloads.store("arguments", json.dumps({"words": words}))
    record(name="echo", arguments=arguments)

    run(runner)

    output = recorded().output
    assert output is not None
    assert runner.payloads.fetch(output) == words
    assert output.startswith("s3:") == arguments.startswith("s3:") == (size > 100_000)


def test_a_redelivery_of_a_finished_call_only_nudges_the_worker(
    aws, runner: Runner, record: Recorder, recorded: Reader, counted
):
    record(name="echo", arguments='inline:{"words":"x"}')
    run(runner)
    before = recorded()

    run(runner, owner="second")

    assert recorded() == before
    assert nudges(aws) == [NUDGE, NUDGE]
    assert counted() == ["CallSucceeded"]


def test_a_call_that_runs_elsewhere_is_looked_at_again_when_its_lease_is_out(
    aws, runner: Runner, record: Recorder
):
    record(outcome="running", owner="other", fence=1, lease_until=instant.now() + timedelta(seconds=30))

    with pytest.raises(RetryLaterError) as raised:
        run(runner)

    assert 20 <= raised.value.delay_seconds <= 31
    assert nudges(aws) == []


def test_a_call_that_nobody_wrote_down_is_dropped(aws, runner: Runner, log: io.StringIO):
    run(runner)

    assert nudges(aws) == []
    assert '"call not found"' in log.getvalue()


def test_a_zombie_that_finishes_late_changes_nothing(
    aws, *, runner: Runner, record: Recorder, recorded: Reader, monkeypatch: pytest.MonkeyPatch, counted
):
    record(name="echo", arguments='inline:{"words":"x"}')
    claim = runner.ledger.claim

    def claim_and_sleep_too_long(message: CallMessage, **more: Any) -> Any:
        claimed = claim(message, **more)
        record(name="echo", outcome="running", owner="second", fence=2)
        return claimed

    monkeypatch.setattr(runner.ledger, "claim", claim_and_sleep_too_long)
    run(runner)

    assert (recorded().outcome, recorded().owner, recorded().output) == ("running", "second", None)
    assert counted() == []


def test_an_outcome_whose_reply_was_lost_is_stored_once_and_told(
    aws, runner: Runner, record: Recorder, recorded: Reader, monkeypatch: pytest.MonkeyPatch
):
    record(name="echo", arguments='inline:{"words":"x"}')
    close = runner.ledger.close

    def close_and_hear_nothing(*arguments: Any, **more: Any) -> Any:
        with reply_lost(aws.dynamodb, "UpdateItem"):
            return close(*arguments, **more)

    monkeypatch.setattr(runner.ledger, "close", close_and_hear_nothing)
    run(runner)

    assert (recorded().outcome, recorded().output) == ("succeeded", "inline:x")
    assert nudges(aws) == [NUDGE]


def test_a_nudge_that_cannot_be_sent_brings_the_message_back(
    aws, runner: Runner, record: Recorder, recorded: Reader
):
    record(name="echo", arguments='inline:{"words":"x"}')
    aws.sqs.delete_queue(QueueUrl=queue_url("RunQueue"))

    with pytest.raises(QueueUnavailableError):
        run(runner)

    assert recorded().outcome == "succeeded"


def test_nothing_that_is_private_is_logged(runner: Runner, record: Recorder, log: io.StringIO):
    for name, arguments in (("echo", '{"words":"private"}'), ("break_down", "{}"), ("echo", '{"private":1}')):
        record(name=name, arguments=f"inline:{arguments}")
        run(runner)

    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert [(line["message"], line["outcome"], line.get("error_code")) for line in lines] == [
        ("call ended", "succeeded", None),
        ("call ended", "failed", "tool_failed"),
        ("call ended", "failed", "invalid_arguments"),
    ]
    assert "private" not in log.getvalue()
    assert "swordfish" not in log.getvalue()

"""Tools whose modules are broken, and secrets: what a call comes to."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from contracts import instant
from contracts.messages import CallMessage
from contracts.records import Call, Failure

from functions.tools import secret
from functions.tools.runner import Runner
from functions.tools.secret import Secret
from functions.tools.secret_store import SecretStore
from functions.tools.tool import tool

MESSAGE = CallMessage("run_1", 1, "call_1")
WORDS = "tools/refunds.py cannot be imported: KeyError: 'SHOP_URL'"

type Recorder = Callable[..., Call]
type Reader = Callable[[], Call]


@tool(effect="pure")
def echo(words: str) -> str:
    return words


@pytest.fixture
def runner(runner_of: Callable[..., Runner]) -> Runner:
    return replace(runner_of(echo), out_of_order={"refund": WORDS})


def run(runner: Runner) -> None:
    runner.run(MESSAGE, owner="first", seconds_left=100)


def test_a_tool_of_a_broken_module_has_failed_and_the_timeline_says_why(
    runner: Runner, record: Recorder, recorded: Reader, counted
):
    record(name="refund", effect="once")

    run(runner)

    call = recorded()
    assert (call.outcome, call.detail) == ("failed", WORDS)
    assert call.error == Failure("tool_out_of_order", "The tool refund is out of order.")
    assert counted() == ["ToolModuleBroken", "CallFailed"]


def test_a_call_that_was_begun_before_its_module_broke_is_unknown(
    runner: Runner, record: Recorder, recorded: Reader
):
    ago = instant.now() - timedelta(minutes=5)
    record(
        name="refund",
        effect="keyed",
        outcome="running",
        owner="dead",
        fence=1,
        lease_until=ago,
        started_at=ago,
    )

    run(runner)

    assert recorded().outcome == "unknown"


def test_a_tool_of_another_module_runs(runner: Runner, record: Recorder, recorded: Reader, counted):
    record(name="echo", arguments='inline:{"words":"hello"}')

    run(runner)

    assert recorded().outcome == "succeeded"
    assert counted() == ["CallSucceeded"]


class Counted:
    """A client of Secrets Manager that counts what it is asked."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.asked = 0

    def get_secret_value(self, **words: Any) -> Any:
        self.asked += 1
        return self._client.get_secret_value(**words)


def test_a_secret_is_asked_for_once_and_every_call_has_it_in_its_own_process(
    aws: SimpleNamespace, runner_of: Callable[..., Runner], record: Recorder, recorded: Reader, monkeypatch
):
    aws.secretsmanager.create_secret(Name="acme/key", SecretString="sesame")
    client = Counted(aws.secretsmanager)
    monkeypatch.setattr(secret, "_sources", [SecretStore(lambda: client)])
    monkeypatch.setattr(secret, "_declared", {})
    key = Secret("acme/key")

    @tool(effect="pure")
    def tell_key() -> str:
        return f"{key.value} {client.asked}"

    for _ in range(2):
        secret.read_ahead()
        record(name="tell_key")
        run(runner_of(tell_key))

        assert recorded().output == "inline:sesame 1"

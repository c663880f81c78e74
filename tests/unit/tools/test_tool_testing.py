"""What the tests of a team's tools have: their functions, a context, secrets; and none of AWS."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from functions.tools import secret
from runrelay.testing import a_tool_context, given_secrets
from runrelay.tools import Secret, ToolContext, tool

KEY = Secret("acme/key")


@pytest.fixture(autouse=True)
def _no_source(monkeypatch: pytest.MonkeyPatch):
    """Nobody gives a secret, as in a process that has only imported the tools."""
    monkeypatch.setattr(secret, "_sources", [secret._nowhere])


@tool(effect="keyed", timeout=10)
def refund(order_id: str, cents: int = 100, *, context: ToolContext) -> str:
    """Refund part of an order."""
    return f"{order_id}: {cents}, as {context.idempotency_key} of {context.metadata}"


def test_a_tool_is_called_as_the_function_it_was():
    context = a_tool_context(idempotency_key="key-1", metadata={"a": "b"})

    assert refund("A-1", 5, context=context) == "A-1: 5, as key-1 of {'a': 'b'}"
    assert refund.__doc__ == "Refund part of an order."


def test_a_context_is_of_a_first_attempt_with_time_left():
    context = a_tool_context()

    assert context.attempt == 1
    assert context.idempotency_key == f"{context.run_id}:1:{context.call_id}"
    assert timedelta(seconds=29) < context.deadline - datetime.now(UTC) <= timedelta(seconds=30)


def test_a_secret_is_given_for_a_while():
    with given_secrets({"acme/key": "sesame"}):
        assert KEY.value == "sesame"

    with pytest.raises(LookupError, match=r"nobody gives the secret acme/key here: .*given_secrets"):
        _ = KEY.value


def test_a_secret_that_is_not_given_is_not_there():
    with given_secrets({}), pytest.raises(KeyError):
        _ = KEY.value


def test_a_secret_is_read_ahead_and_one_that_cannot_be_read_harms_no_other():
    asked = []

    def source(name: str, max_age: int) -> str:
        asked.append((name, max_age))
        raise PermissionError(name)

    Secret("acme/another", max_age=60)
    secret.read_from(source)
    try:
        secret.read_ahead()
    finally:
        secret.read_from_before()

    assert {("acme/key", 300), ("acme/another", 60)} <= set(asked)


def test_reading_ahead_takes_no_time_that_a_call_needs(monkeypatch):
    asked = []
    monkeypatch.setattr(secret, "SECONDS_TO_READ_AHEAD", 0)
    secret.read_from(lambda name, _: asked.append(name) or "")
    try:
        secret.read_ahead()
    finally:
        secret.read_from_before()

    assert asked == []


@pytest.mark.parametrize("kind", ["verify", "approval"])
def test_a_tool_neither_verifies_nor_approves(kind: str):
    declared = {"effect": "verify"} if kind == "verify" else {"approval": refund}
    ship = tool(**declared)(lambda: None)
    ship.function.__name__, ship.function.__doc__ = "ship", "Ship."
    if kind == "verify":
        ship.verify(refund)

    with pytest.raises(TypeError, match=f"the {kind} function of ship is a tool, refund: write it with def"):
        _ = ship.entry


def test_none_of_it_imports_aws():
    program = (
        "import sys, runrelay.testing\nprint({'boto3', 'botocore', 'aws_lambda_powertools'} & {*sys.modules})"
    )

    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout

    assert said == "set()\n"

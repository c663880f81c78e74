"""`python -m runrelay webhook`: what the function answers, in words and as an exit code."""

import io
import json
from types import SimpleNamespace
from typing import Any

import pytest

from runrelay.cli.webhook import app
from runrelay.command_line import CommandError
from runrelay.reach import Reach
from runrelay.webhook import command
from tests.integration.endpoint.outside import Function

OUTPUTS = {"EndpointFunctionName": "endpoint", "WebhookEndpoint": "registered as we_1"}


@pytest.fixture
def webhook(function: Function, monkeypatch: pytest.MonkeyPatch):
    """Give the command, with a stack that has the function."""
    outputs = [{"OutputKey": key, "OutputValue": value} for key, value in OUTPUTS.items()]
    stack = {"StackStatus": "CREATE_COMPLETE", "Outputs": outputs}

    def invoke(*, FunctionName: str, Payload: str) -> dict[str, Any]:  # noqa: N803 - as boto3 has it
        answer = function.deployed(json.loads(Payload))
        return {"Payload": io.BytesIO(json.dumps(answer).encode())}

    clients = {
        "lambda": SimpleNamespace(invoke=invoke),
        "cloudformation": SimpleNamespace(describe_stacks=lambda **_: {"Stacks": [stack]}),
    }
    there = Reach("runrelay", lambda service, **_: clients[service])
    monkeypatch.setattr(command, "reach", lambda _arguments: there)

    def run(*arguments: str) -> int:
        code: int = app(arguments, standalone_mode=False)
        return code

    run.stack, run.clients = stack, clients
    return run


def test_it_says_what_was_done_and_how_the_endpoint_is(webhook, simulated, capsys):
    codes = [webhook(action) for action in ("register", "rotate", "show", "delete", "show")]

    said = capsys.readouterr().out
    assert codes == [0, 0, 0, 0, 1]
    assert "OpenAI's test event got HTTP 202" in said
    assert "0 min old, and 1 before it" in said
    assert "deployed    registered as we_1" in said
    assert "There is no endpoint." in said
    assert simulated.endpoints == []


def test_a_secret_that_was_stolen_is_rotated_at_once(webhook, function: Function, capsys):
    webhook("register")
    (stolen,) = function.secrets

    code = webhook("rotate", "--at-once")

    (new,) = function.secrets
    assert (code, new == stolen) == (0, False)
    assert "the old one is believed no more" in capsys.readouterr().out


def test_after_two_secrets_in_a_moment_it_says_when_to_test_again(webhook, capsys):
    codes = [webhook(*words) for words in (["register"], ["rotate", "--at-once"], ["rotate", "--at-once"])]

    assert codes == [0, 0, 1]
    assert "mend        runrelay webhook test, in half a minute" in capsys.readouterr().out


def test_a_refusal_is_told_in_openais_words(webhook, function: Function, capsys):
    function.aws.secretsmanager.put_secret_value(SecretId="runrelay/openai-api-key", SecretString="sk-wrong")

    code = webhook("register")

    assert code == 1
    assert "HTTP 401: Incorrect API key provided" in capsys.readouterr().out


def test_a_test_event_that_is_not_taken_is_a_failure(webhook, function: Function, simulated):
    webhook("register")
    function.outside.webhook.app._intake.secrets._secrets_manager = None
    function.outside.webhook.app._intake.secrets._keys = ()

    assert webhook("register") == 1


def test_a_test_without_an_endpoint_names_the_command_that_makes_one(webhook, simulated, capsys):
    assert webhook("test") == 1

    assert "mend        runrelay webhook register" in capsys.readouterr().out
    assert simulated.endpoints == []


def test_a_test_event_is_told_with_its_status(webhook, capsys):
    webhook("register")
    capsys.readouterr()

    assert webhook("test") == 0
    assert "OpenAI's test event got HTTP 202" in capsys.readouterr().out


def test_a_stack_without_the_function_is_told(webhook):
    webhook.stack["Outputs"] = []

    with pytest.raises(CommandError, match="has no output EndpointFunctionName"):
        webhook("show")


def test_a_function_that_fails_is_told(webhook):
    failed = {"FunctionError": "Unhandled", "Payload": io.BytesIO(b"out of memory")}
    webhook.clients["lambda"] = SimpleNamespace(invoke=lambda **_: failed)

    with pytest.raises(CommandError, match="out of memory"):
        webhook("show")

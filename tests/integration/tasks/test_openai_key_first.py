"""The key is where the stack finds it, whichever of the two was there first."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from tasks import deployed_stack, openai_key
from tests.integration import local_aws

STACK = "billing"
OWN = f"{STACK}/openai-api-key"


class Stacks:
    """CloudFormation, as far as it is asked; a stack has a status and parameters."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.stack: dict[str, Any] | None = None

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803 - as boto3 has it
        if self.stack is None:
            error = {"Error": {"Code": "ValidationError", "Message": f"{StackName} does not exist"}}
            raise self._client.exceptions.ClientError(error, "DescribeStacks")
        return {"Stacks": [self.stack]}

    def deployed(self, status: str = "CREATE_COMPLETE", **parameters: str) -> None:
        given = [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()]
        self.stack = {"StackName": STACK, "StackStatus": status, "Parameters": given}


@pytest.fixture
def aws() -> Iterator[SimpleNamespace]:
    with local_aws.aws() as clients:
        yield clients


@pytest.fixture
def stacks(aws: SimpleNamespace) -> Stacks:
    return Stacks(aws.secretsmanager)


@pytest.fixture
def provide(aws: SimpleNamespace, stacks: Stacks) -> Callable[..., dict[str, str]]:
    def provide(key: str, **given: str) -> dict[str, str]:
        return openai_key.provide(
            key,
            stack_name=STACK,
            given=given,
            stack=deployed_stack.described(stacks, STACK),
            secrets_manager=aws.secretsmanager,
        )

    return provide


def held(aws: SimpleNamespace, name: str = OWN) -> str:
    value: str = aws.secretsmanager.get_secret_value(SecretId=name)["SecretString"]
    return value


def test_before_the_stack_a_secret_is_made_and_named_to_it(aws, provide):
    assert provide("sk-1") == {"OpenAIApiKeySecretName": OWN}
    assert held(aws) == "sk-1"


def test_a_later_deploy_names_it_again_with_or_without_a_new_key(aws, stacks, provide):
    stacks.deployed(**provide("sk-1"))

    assert provide("") == {"OpenAIApiKeySecretName": OWN}
    assert provide("sk-2") == {"OpenAIApiKeySecretName": OWN}
    assert held(aws) == "sk-2"


def test_without_a_key_the_stack_makes_its_own_secret(provide):
    assert provide("") == {}


@pytest.mark.parametrize("parameters", [{}, {"OpenAIApiKeySecretName": ""}])
def test_the_secret_that_a_stack_made_gets_the_key_and_stays_the_stacks(aws, stacks, provide, parameters):
    stacks.deployed(**parameters)
    aws.secretsmanager.create_secret(Name=OWN)

    assert provide("sk-1") == {}
    assert held(aws) == "sk-1"


@pytest.mark.parametrize("status", ["REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE"])
def test_what_is_left_of_a_first_deploy_that_failed_is_used(aws, stacks, provide, status):
    provide("sk-1")
    stacks.deployed(status)

    assert provide("") == {"OpenAIApiKeySecretName": OWN}


def test_a_secret_that_was_to_be_deleted_is_restored(aws, provide):
    provide("sk-1")
    aws.secretsmanager.delete_secret(SecretId=OWN)

    assert provide("sk-2") == {"OpenAIApiKeySecretName": OWN}
    assert held(aws) == "sk-2"


def test_a_secret_that_is_named_by_hand_is_the_one(aws, stacks, provide):
    aws.secretsmanager.create_secret(Name="theirs", SecretString="sk-1")

    assert provide("", OpenAIApiKeySecretName="theirs") == {"OpenAIApiKeySecretName": "theirs"}
    stacks.deployed(OpenAIApiKeySecretName="theirs")
    assert provide("sk-2") == {"OpenAIApiKeySecretName": "theirs"}
    assert held(aws, "theirs") == "sk-2"


def test_the_key_of_the_environment_is_taken_before_anybody_is_asked(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", " sk-1\n")

    assert openai_key.given_key(lambda: pytest.fail("asked")) == "sk-1"


@pytest.mark.parametrize("is_a_terminal", [True, False])
def test_only_somebody_at_a_terminal_is_asked(monkeypatch, is_a_terminal):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    for stream in ("stdin", "stderr"):
        monkeypatch.setattr(f"sys.{stream}", SimpleNamespace(isatty=lambda: is_a_terminal))

    assert openai_key.given_key(lambda: "sk-1 ") == ("sk-1" if is_a_terminal else "")

"""The OpenAI key, put where a stack finds it when it is deployed: then the stack registers its own endpoint.

A secret that is there before its stack stays outside it. So each later deploy has to name it again, or the
stack would make another of the same name.
"""

import getpass
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any, Final

from tasks import deployed_stack

PARAMETER: Final = "OpenAIApiKeySecretName"
VARIABLE: Final = "OPENAI_API_KEY"
QUESTION: Final = "OpenAI key (Enter leaves it as it is; `runrelay webhook register` can come later): "

type Ask = Callable[[], str]


def secret_name(stack_name: str) -> str:
    return f"{stack_name}/openai-api-key"


def given_key(ask: Ask = lambda: getpass.getpass(QUESTION)) -> str:
    """Take the key from `OPENAI_API_KEY`, or ask for it where somebody can answer; there may be none."""
    if key := os.environ.get(VARIABLE, "").strip():
        return key
    return ask().strip() if sys.stdin.isatty() and sys.stderr.isatty() else ""


def provide(
    key: str,
    *,
    stack_name: str,
    given: Mapping[str, str],
    stack: Mapping[str, Any] | None,
    secrets_manager: Any,  # noqa: ANN401 - a boto3 client
) -> dict[str, str]:
    """Put a key where a stack that is about to be deployed finds it, and give the parameter that says so.

    Args:
        key: The key; empty leaves what is there as it is.
        given: The parameters that the deploy was told by hand.
        stack: As DescribeStacks has it; none, if it is not there yet.
    """
    deployed = deployed_stack.parameters(stack) if deployed_stack.is_finished(stack) else None
    name = given.get(PARAMETER, (deployed or {}).get(PARAMETER, ""))
    is_the_stacks = deployed is not None and not name
    name = name or secret_name(stack_name)
    if key:
        put(secrets_manager, name, key, stack_name=stack_name)
    return {PARAMETER: name} if not is_the_stacks and _described(secrets_manager, name) else {}


def put(secrets_manager: Any, name: str, key: str, *, stack_name: str) -> None:  # noqa: ANN401 - a boto3 client
    """Write the key into a secret, which is made if it is not there, and restored if it was to be deleted."""
    if described := _described(secrets_manager, name):
        if "DeletedDate" in described:
            secrets_manager.restore_secret(SecretId=name)
        secrets_manager.put_secret_value(SecretId=name, SecretString=key)
    else:
        words = "The OpenAI project API key, or a JSON object of keys by kind."
        tags = [{"Key": "runrelay:stack", "Value": stack_name}]
        secrets_manager.create_secret(Name=name, SecretString=key, Description=words, Tags=tags)


def _described(secrets_manager: Any, name: str) -> dict[str, Any] | None:  # noqa: ANN401
    try:
        described: dict[str, Any] = secrets_manager.describe_secret(SecretId=name)
    except secrets_manager.exceptions.ResourceNotFoundException:
        return None
    return described

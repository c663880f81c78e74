"""The webhook endpoint of a stack, from a deploy without a key to the end of the stack."""

from collections.abc import Iterator

import httpx2
import pytest
from runrelay_client import Client, outputs_of, text

from runrelay.__main__ import main
from tasks.local_stack import LocalStack

NO_KEY_YET = {"OpenAIApiKeySecretName": ""}


@pytest.fixture
def keyless(tmp_path) -> Iterator[Client]:
    """A stack of its own, deployed before anybody had a key."""
    with (
        LocalStack(tmp_path, parameters=NO_KEY_YET) as stack,
        httpx2.Client(timeout=30, headers=stack.api_headers, trust_env=False) as http,
    ):
        yield Client(stack, http)


def test_a_stack_without_a_key_is_registered_by_command_and_takes_its_endpoint_along(
    keyless: Client, tmp_path, capsys
):
    there = ["--directory", str(tmp_path)]
    deployed, before = output(keyless, "WebhookEndpoint"), keyless.endpoints()
    too_early = main(["webhook", "register", *there])

    keyless.stack.client("secretsmanager").put_secret_value(
        SecretId=output(keyless, "OpenAIApiKeySecretName"), SecretString=keyless.stack.openai_api_key
    )
    registered = main(["webhook", "register", *there])
    (endpoint,) = keyless.endpoints()
    run = keyless.ended(keyless.start(text("ok")))

    assert deployed == "no key: There is no OpenAI key in the secret runrelay/openai-api-key yet."
    assert (before, too_early, registered) == ([], 1, 0)
    assert endpoint["url"] == output(keyless, "WebhookUrl")
    assert "OpenAI's test event got HTTP 202" in capsys.readouterr().out
    assert [webhook["status"] for webhook in keyless.journal("webhook")] == [202, 202]
    assert run["status"] == "completed"

    delete_stack(keyless)
    listed = keyless.stack.client("secretsmanager").list_secrets(IncludePlannedDeletion=True)["SecretList"]
    assert (keyless.endpoints(), listed) == ([], [])


def output(client: Client, name: str) -> str:
    return outputs_of(client.stack)[name]


def delete_stack(client: Client) -> None:
    cloudformation = client.stack.client("cloudformation")
    cloudformation.delete_stack(StackName=client.stack.stack_name)
    cloudformation.get_waiter("stack_delete_complete").wait(
        StackName=client.stack.stack_name, WaiterConfig={"Delay": 1}
    )

import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import boto3
import httpx2
import pytest
from account import Account
from botocore.exceptions import ClientError
from contracts.messages import RunMessage, to_body

from runrelay.command_line import CommandError
from runrelay.stack import Stack
from tasks.daemon import Daemon
from tasks.local_stack import LocalStack

GATEWAY_SAYS_NO = '{"message":"Not Found"}'


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/webhooks/openai"), ("GET", "/runs"), ("GET", "/runs/run_1"), ("GET", "/openapi.json")],
)
def test_every_route_reaches_a_function_without_a_signature(stack: Stack, method: str, path: str):
    answer = httpx2.request(method, stack.api_url + path, headers=stack.api_headers, trust_env=False)

    assert answer.text != GATEWAY_SAYS_NO
    assert answer.status_code not in {403, 500, 502}


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/runs", "GET, POST"),
        ("POST", "/runs/run_1", "DELETE, GET"),
        ("DELETE", "/openapi.json", "GET"),
        ("GET", "/webhooks/openai", "POST"),
    ],
)
def test_a_wrong_method_reaches_a_function_that_says_which_are_right(
    stack: Stack, method: str, path: str, allowed: str
):
    answer = httpx2.request(method, stack.api_url + path, headers=stack.api_headers, trust_env=False)

    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
    assert answer.headers["content-type"] == "application/problem+json"


def test_what_a_function_may_not_do_on_aws_it_may_not_do_here(stack: Stack):
    tools = a_client_with_the_role_of("ToolFunction", stack, "secretsmanager")
    worker = a_client_with_the_role_of("WorkerFunction", stack, "secretsmanager")
    key = f"{stack.stack_name}/openai-api-key"

    with pytest.raises(ClientError, match="AccessDenied"):
        tools.get_secret_value(SecretId=key)

    assert worker.get_secret_value(SecretId=key)["SecretString"] == stack.openai_api_key


def test_the_sweeper_may_ask_how_many_messages_wait_and_take_none(stack: Stack):
    sweeper = a_client_with_the_role_of("SweeperFunction", stack, "sqs")
    asked = {"QueueUrl": stack.run_queue_url, "AttributeNames": ["ApproximateNumberOfMessages"]}

    assert int(sweeper.get_queue_attributes(**asked)["Attributes"]["ApproximateNumberOfMessages"]) >= 0
    with pytest.raises(ClientError, match="AccessDenied"):
        sweeper.receive_message(QueueUrl=stack.run_queue_url)


def test_what_is_done_in_batches_is_permitted(stack: Stack):
    """IAM has no action for a batch, and MiniStack one of its own: nobody else sees that it refuses."""
    sweeper = a_client_with_the_role_of("SweeperFunction", stack, "sqs")
    worker = a_client_with_the_role_of("WorkerFunction", stack, "sqs")
    check = {"Id": "0", "MessageBody": to_body(RunMessage("run_of_nobody", "check"))}
    receipt = {"Id": "0", "ReceiptHandle": "of nothing"}

    sent = sweeper.send_message_batch(QueueUrl=stack.run_queue_url, Entries=[check])
    gone = worker.delete_message_batch(QueueUrl=stack.run_queue_url, Entries=[receipt])

    assert [each["Id"] for each in sent["Successful"]] == ["0"]
    assert [each["Code"] for each in gone["Failed"]] == ["ReceiptHandleIsInvalid"]


def test_the_file_of_a_stack_is_for_its_owner_only(stack: Stack, tmp_path: Path):
    path = tmp_path / "stack.json"

    stack.write(path)

    assert stat.filemode(path.stat().st_mode) == "-rw-------"
    assert Stack.read(path) == stack


def test_a_stack_that_does_not_start_says_why_and_leaves_nothing(tmp_path: Path):
    local_stack = LocalStack(tmp_path, ministack_environment={"GATEWAY_PORT": "none"})

    with pytest.raises(CommandError, match=r"ministack did not come up(.|\n)*invalid literal for int"):
        local_stack.start()

    assert [path.name for path in tmp_path.iterdir()] == ["logs"]


def test_a_program_is_stopped_from_its_record(tmp_path: Path):
    (tmp_path / "logs").mkdir()
    sleep = [sys.executable, "-c", f"import time; time.sleep(60)  # {tmp_path}"]
    child = Daemon.start("sleeper", sleep, directory=tmp_path, environment={}).child
    record = tmp_path / "sleeper.pid.json"
    while not Daemon.recorded(record).is_running():
        time.sleep(0.01)  # a program that has just begun shows no arguments for an instant

    Daemon.recorded(record).stop()

    assert child is not None
    assert child.wait(timeout=5) == -signal.SIGTERM
    assert not record.exists()


def test_a_pid_that_another_program_has_now_is_left_alone(tmp_path: Path):
    another = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    with another:
        Daemon("sleeper", another.pid, [sys.executable, "-m", "sleeper"], tmp_path).stop()

        assert another.poll() is None
        another.kill()


def a_client_with_the_role_of(function: str, stack: Stack, service: str) -> Any:
    role = Account(stack.aws_endpoint_url, stack.stack_name).physical_name(f"{function}Role")
    arn = stack.client("iam").get_role(RoleName=role)["Role"]["Arn"]
    session = stack.client("sts").assume_role(RoleArn=arn, RoleSessionName="a-test")["Credentials"]
    return boto3.client(
        service,
        endpoint_url=stack.aws_endpoint_url,
        region_name=stack.region,
        aws_access_key_id=session["AccessKeyId"],
        aws_secret_access_key=session["SecretAccessKey"],
        aws_session_token=session["SessionToken"],
    )

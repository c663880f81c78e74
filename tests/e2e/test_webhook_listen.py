"""`runrelay webhook listen`: a local stack whose runs are at the OpenAI of a deployed one gets its webhooks.

The stack of the tests is the deployed one here. Another is the local one, which no webhook reaches by itself.
"""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from runrelay_client import Client, text

from runrelay.stack import Stack
from tasks import ministack
from tasks.local_stack import LocalStack
from tests.harness.hearing import HEARING_CTRL_C

PATIENCE_SECONDS = 60


@pytest.fixture
def local(stack: Stack, client: Client, tmp_path: Path) -> Iterator[Client]:  # the client's reset comes first
    """A local stack that has the deployed one's OpenAI, and looks at a run by itself only after minutes."""
    parameters = {
        "OpenAIBaseUrl": f"{stack.simulator_url}/v1",
        "RegisterWebhook": "false",
        "CheckFirstSeconds": "900",
    }
    started = LocalStack(tmp_path, parameters=parameters)
    with httpx2.Client(timeout=30, trust_env=False) as http:
        try:
            yield Client(started.start(provider_key=stack.openai_api_key), http)
        finally:
            started.stop()


@pytest.fixture
def listener(stack: Stack, local: Client, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    words = ["webhook", "listen", "--json", "--stack", stack.stack_name, "--directory", str(tmp_path)]
    with subprocess.Popen(
        [*HEARING_CTRL_C, sys.executable, "-m", "runrelay", *words],
        env=ministack.shell_environment(stack.aws_endpoint_url),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr
        assert "The webhooks of" in process.stderr.readline()
        try:
            yield process
        finally:
            process.kill()


def test_a_run_of_the_local_stack_is_driven_by_webhooks_of_the_deployed_one(
    stack: Stack, client: Client, local: Client, listener: subprocess.Popen[str]
):
    scenario = client.put_scenario(text("done"))
    answer = local.post_run(
        {
            "kind": "response",
            "request": local.request("response"),
            "metadata": {"scenario": scenario},
        }
    )

    run = local.ended(answer.json()["run_id"])
    listener.send_signal(signal.SIGINT)
    told, _ = listener.communicate(timeout=PATIENCE_SECONDS)

    assert (run["status"], run["result"]["output_text"]) == ("completed", "done")
    (line,) = [json.loads(each) for each in told.splitlines()]
    assert (line["type"], line["run_id"], line["status"]) == ("response.completed", None, 202)
    assert listener.returncode == 0
    assert queues_and_rules(stack) == ([], [])


def queues_and_rules(stack: Stack) -> tuple[list[str], list[str]]:
    prefix = f"{stack.stack_name}-listen-"
    queues = stack.client("sqs").list_queues(QueueNamePrefix=prefix).get("QueueUrls", [])
    return queues, stack.client("events").list_rules(NamePrefix=prefix)["Rules"]

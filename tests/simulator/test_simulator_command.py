"""The command line, and what an application is made with."""

import re
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager

import openai as sdk
import pytest

from simulator.app import create_app
from simulator.serving import listen, served
from simulator.webhooks.signing import new_secret


@contextmanager
def running(*options):
    command = [sys.executable, "-m", "simulator", "--port", "0", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield (
                process,
                "".join(process.stdout.readline() for _ in range(4 if "--webhook-url" in options else 3)),
            )
        finally:
            process.terminate()


def test_the_command_says_where_it_listens_and_what_it_signs_with():
    secret = new_secret()
    with running("--webhook-url", "http://127.0.0.1:9/hook", "--webhook-secret", secret) as (process, said):
        base_url = re.search(r"http://127.0.0.1:\d+/v1", said).group()
        with sdk.OpenAI(base_url=base_url, api_key="k", max_retries=0) as client:
            response = client.responses.create(model="m", input="x")
        process.send_signal(signal.SIGINT)
        errors = process.stderr.read()

    assert response.output_text == "done"
    assert "http://127.0.0.1:9/hook" in said
    assert secret in said
    assert errors == ""


def test_a_port_that_is_taken_is_named_with_what_to_do():
    with listen("127.0.0.1", 0) as listening:
        port = str(listening.getsockname()[1])
        command = [sys.executable, "-m", "simulator", "--port", port]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)

    assert ended.returncode == 1
    assert f"port {port}: Address already in use. --port 0 picks a free one." in ended.stderr
    assert "Traceback" not in ended.stderr


def test_whoever_is_told_where_is_not_refused_though_nobody_serves_yet():
    with listen("127.0.0.1", 0) as listening, socket.create_connection(listening.getsockname(), timeout=5):
        pass


def test_a_secret_that_is_none_is_refused():
    command = [sys.executable, "-m", "simulator", "--webhook-secret", "hunter2"]

    ended = subprocess.run(command, capture_output=True, text=True, check=False)

    assert ended.returncode == 2
    assert "whsec_" in ended.stderr
    with pytest.raises(ValueError, match="whsec_"):
        create_app(webhook_secret="hunter2")


def test_with_an_api_key_no_other_is_accepted():
    with (
        served(create_app(api_key="sk-right")) as url,
        sdk.OpenAI(base_url=f"{url}/v1", api_key="sk-wrong", max_retries=0) as client,
    ):
        with pytest.raises(sdk.AuthenticationError) as refused:
            client.responses.create(model="m", input="x")

        assert refused.value.code == "invalid_api_key"
        right = client.with_options(api_key="sk-right")
        assert right.responses.create(model="m", input="x").status == "completed"


def test_without_a_webhook_url_there_is_nobody_to_tell():
    with (
        served(create_app()) as url,
        sdk.OpenAI(base_url=f"{url}/v1", api_key="k", max_retries=0) as client,
    ):
        answer = client._client.post(f"{url}/_sim/webhooks", json={"type": "batch.failed", "data": {}})

    assert answer.status_code == 409

"""What the client does when a request comes to nothing, or to an answer of somebody else."""

import json
from pathlib import Path

import httpx2
import pytest
from api_server import ApiServer, Fault
from stored_runs import an_ended_run, damage

from runrelay import Runrelay, RunrelayError, UnavailableError, UnexpectedAnswerError
from runrelay.__main__ import main
from tests.integration.api.records_in_aws import put
from tests.unit.layer.records import RUN_ID

HELLO = {"model": "gpt-6-astra", "input": "Say hello."}


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_what_passes_is_asked_for_again_as_soon_as_is_said(server: ApiServer, status):
    server.faults += [Fault(status, {"Retry-After": "0"}), Fault()]

    with Runrelay(url=server.url) as client:
        assert client.runs.start(request=HELLO).status == "queued"
    assert len(server.seen) == 3


@pytest.mark.parametrize(
    ("fault", "tries", "retry_after"),
    [
        (Fault(503, {"Retry-After": "0"}), 3, 0.0),
        (Fault(429, {"Retry-After": "120"}), 1, 120.0),
        (Fault(500), 1, None),
        (Fault(), 3, None),
    ],
)
def test_what_does_not_pass_is_given_up_after_a_few_tries(server: ApiServer, fault, tries, retry_after):
    server.faults += [fault] * 5

    with Runrelay(url=server.url, max_retries=2) as client, pytest.raises(UnavailableError) as caught:
        client.runs.get("run_1")
    assert (len(server.seen), caught.value.status) == (tries, fault.status)
    assert caught.value.retry_after == retry_after


def test_a_stack_that_is_down_is_unavailable():
    with (
        Runrelay(url="http://127.0.0.1:9", max_retries=0) as client,
        pytest.raises(UnavailableError) as caught,
    ):
        client.runs.get("run_1")
    assert "http://127.0.0.1:9 cannot be reached: ConnectError" in caught.value.detail
    assert isinstance(caught.value.__cause__, httpx2.ConnectError)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(200, body="<html>"),
        Fault(200, body='{"status": "ok"}'),
        Fault(200, body="[]"),
        Fault(302, {"Location": "https://elsewhere.example"}),
        Fault(404, body='{"message": "Not Found"}'),
    ],
)
def test_what_is_none_of_our_answers_is_told_apart(server: ApiServer, fault):
    server.faults.append(fault)

    with (
        Runrelay(url=server.url) as client,
        pytest.raises(UnexpectedAnswerError, match="is not Runrelay's API"),
    ):
        client.runs.get("run_1")


def test_a_client_of_the_callers_own_is_left_open(server: ApiServer):
    with httpx2.Client(trust_env=False, headers={"x-own": "1"}) as http:
        with Runrelay(url=server.url + "/", http_client=http) as client:
            client.runs.start(request=HELLO)
        assert not http.is_closed
    assert (server.seen[0].headers["x-own"], server.seen[0].target) == ("1", "/runs")


def test_every_error_of_the_client_can_be_caught_as_one(server: ApiServer):
    with Runrelay(url=server.url) as client, pytest.raises(RunrelayError):
        client.runs.get("no id")


@pytest.mark.usefixtures("environment")
def test_the_command_shows_what_is_known_of_a_damaged_run(
    aws, server: ApiServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    put(aws, an_ended_run())
    damage(aws)
    (tmp_path / "stack.json").write_text(json.dumps({"api_url": server.url, "api_headers": {}}))
    shown = ["runs", "show", RUN_ID, "--directory", str(tmp_path)]

    assert main(shown) == 1
    said = capsys.readouterr()
    assert said.out.startswith(f"{RUN_ID}\n")
    assert "\n  kind  response\n  status  completed\n" in said.out
    assert said.err == f"the record of {RUN_ID} cannot be read: max_turns\n"
    assert main([*shown, "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["known"]["status"] == "completed"

"""How the client finds a stack, proves who it is, and what it does when that comes to nothing."""

import json
from pathlib import Path
from types import SimpleNamespace

import anyio
import pytest
from api_server import SECRET, ApiServer, Fault

from runrelay import (
    AsyncRunrelay,
    NoStackError,
    NotAllowedError,
    NotFoundError,
    Runrelay,
)
from runrelay.client.places import find
from runrelay.client.signing import AwsSignature

HELLO = {"model": "gpt-6-astra", "input": "Say hello, ü."}
REGION = "eu-central-1"
ODD = "call/1 a+b%2F?#ü"


pytestmark = pytest.mark.usefixtures("environment")


# -- Signatures and tokens -----------------------------------------------------------------------


def test_every_request_is_signed_for_what_it_is(signed: ApiServer):
    with Runrelay(url=signed.url, region=REGION) as client:
        run = client.runs.start(request=HELLO, subject="a b+c", idempotency_key="key 1")
        listed = [each.run_id for each in client.runs.list(subject="a b+c", status=["queued", "failed"])]
        with pytest.raises(NotFoundError, match="the run has no call"):
            client.runs.decide(run.run_id, ODD, approve=True)
        assert client.runs.get(run.run_id, include_request=True).request == HELLO
        assert client.runs.cancel(run.run_id).run_id == run.run_id
    assert listed == [run.run_id]


def test_every_request_is_signed_when_awaited(signed: ApiServer):
    async def start() -> str:
        async with AsyncRunrelay(url=signed.url, region=REGION) as client:
            return (await client.runs.start(request=HELLO)).run_id

    assert anyio.run(start).startswith("run_")


@pytest.mark.parametrize(("region", "secret"), [("us-east-1", SECRET), (REGION, "another")])
def test_a_wrong_signature_is_not_let_in_and_it_is_said_how_to_sign(
    signed: ApiServer, environment, region, secret
):
    environment.setenv("AWS_SECRET_ACCESS_KEY", secret)

    with Runrelay(url=signed.url, region=region) as client, pytest.raises(NotAllowedError) as caught:
        client.runs.start(request=HELLO)
    assert f"signed with AWS credentials for execute-api in {region}" in caught.value.detail
    assert "execute-api:Invoke" in caught.value.detail
    assert (caught.value.status, caught.value.request_id) == (403, "abc=")


def test_who_does_not_sign_is_told_to(signed: ApiServer):
    with (
        Runrelay(url=signed.url) as client,
        pytest.raises(NotAllowedError, match="nothing proves who sent it"),
    ):
        client.runs.start(request=HELLO)


def test_a_retry_is_signed_anew_with_credentials_that_were_renewed(signed: ApiServer, environment):
    signed.keys["AKIDNEW"] = "new"
    handed_out = iter([("AKIDOLD", "old", "one"), ("AKIDNEW", "new", "two")])

    class Renewed:
        def get_frozen_credentials(self) -> SimpleNamespace:
            key, secret, token = next(handed_out)
            return SimpleNamespace(access_key=key, secret_key=secret, token=token)

    signed.faults.append(Fault(503, {"retry-after": "0"}))
    with Runrelay(url=signed.url, region=REGION) as client:
        client._connection = type(client._connection)(
            find_with(client._connection.place, AwsSignature(Renewed(), REGION)), 4
        )
        client.runs.start(request=HELLO)

    assert [request.headers["x-amz-security-token"] for request in signed.seen] == ["one", "two"]


def find_with(place, auth):
    return type(place)(place.url, auth, place.proof, place.headers, place.is_here)


def test_a_token_is_sent_in_place_of_a_signature(server: ApiServer):
    server.token = "ey.two"
    tokens = iter(["ey.one", "ey.two"])

    with Runrelay(url=server.url, token=lambda: next(tokens)) as client:
        with pytest.raises(NotAllowedError, match="a bearer token was sent"):
            client.runs.start(request=HELLO)
        assert client.runs.start(request=HELLO).status == "queued"


# -- Which stack ---------------------------------------------------------------------------------


def test_a_deployed_stack_is_found_by_its_outputs(signed: ApiServer, environment):
    environment.setenv("AWS_ENDPOINT_URL_CLOUDFORMATION", signed.url)
    signed.stacks["runrelay-dev"] = {"ApiUrl": signed.url, "TableName": "x"}

    for client in (
        Runrelay("runrelay-dev", region=REGION),
        AsyncRunrelay(stack="runrelay-dev", region=REGION),
    ):
        assert client._connection.place.url == signed.url
    with Runrelay(stack="runrelay-dev", region=REGION) as client:
        assert client.runs.start(request=HELLO).status == "queued"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nowhere", "The stack nowhere is not found in eu-central-1: .*does not exist"),
        ("other", r"The stack other \(CREATE_COMPLETE\) has no output ApiUrl"),
    ],
)
def test_a_stack_that_is_none_of_ours_is_no_stack(server: ApiServer, environment, name, words):
    environment.setenv("AWS_ENDPOINT_URL_CLOUDFORMATION", server.url)
    server.stacks["other"] = {"Something": "else"}

    with pytest.raises(NoStackError, match=words):
        Runrelay(name, region=REGION)


def local_stack(folder: Path, url: str) -> Path:
    folder.mkdir()
    (folder / "stack.json").write_text(
        json.dumps({"api_url": url, "api_headers": {"x-local": "1"}, "more": 1})
    )
    return folder


def test_a_local_stack_is_found_by_its_folder_or_by_itself(server: ApiServer, environment, tmp_path: Path):
    local_stack(tmp_path / ".local", server.url)
    other = local_stack(tmp_path / "other", server.url)
    environment.setenv("HTTP_PROXY", "http://127.0.0.1:1")  # which leads to nothing here

    for client in (Runrelay(), Runrelay(directory=other), Runrelay(directory=str(other))):
        with client:
            client.runs.start(request=HELLO)

    assert [request.headers["x-local"] for request in server.seen] == ["1", "1", "1"]


def test_what_is_said_counts_before_the_environment_and_that_before_a_local_stack(
    environment, tmp_path: Path
):
    local_stack(tmp_path / ".local", "http://127.0.0.1:1")
    environment.setenv(
        "RUNRELAY_STACK", str(local_stack(tmp_path / "named", "http://127.0.0.1:2") / "stack.json")
    )

    assert find().url == "http://127.0.0.1:2"
    environment.setenv("RUNRELAY_URL", "http://127.0.0.1:3")
    assert find().url == "http://127.0.0.1:3"
    assert find(url="http://127.0.0.1:4").url == "http://127.0.0.1:4"
    assert find(directory=tmp_path / ".local").url == "http://127.0.0.1:1"


def test_a_token_of_the_environment_goes_to_the_stack_of_the_environment_alone(
    server: ApiServer, environment
):
    server.token = "ey.secret"
    environment.setenv("RUNRELAY_TOKEN", "ey.secret")
    environment.setenv("RUNRELAY_URL", server.url)

    with Runrelay() as client:
        client.runs.start(request=HELLO)
    with Runrelay(url=server.url) as client, pytest.raises(NotAllowedError):
        client.runs.start(request=HELLO)

    assert [request.headers.get("authorization") for request in server.seen] == ["Bearer ey.secret", None]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({}, 'stack.json is not there. Runrelay\\(stack="runrelay-dev"\\)'),
        ({"stack": "a", "url": "https://b"}, "only one of stack, directory and url"),
        ({"url": "runs.example.com"}, "is no URL"),
        ({"directory": "broken"}, "does not say where the local stack is"),
    ],
)
def test_who_says_too_little_is_told_what_to_say(tmp_path: Path, said, words):
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken/stack.json").write_text("{}")

    with pytest.raises(NoStackError, match=words):
        Runrelay(**said)


def test_without_credentials_it_is_said_what_is_missing(environment):
    environment.delenv("AWS_ACCESS_KEY_ID")
    environment.delenv("AWS_SECRET_ACCESS_KEY")

    with pytest.raises(NoStackError, match="no AWS credentials to sign with"):
        find(url="https://runs.example.com", region=REGION)


def test_a_region_is_said_by_the_url_or_else_asked_for(environment):
    environment.delenv("AWS_DEFAULT_REGION")
    environment.delenv("AWS_REGION")

    assert "in eu-west-3" in find(url="https://a1.execute-api.eu-west-3.amazonaws.com").proof
    with pytest.raises(NoStackError, match="no AWS region"):
        find(url="https://runs.example.com")
    with pytest.raises(NoStackError, match="Which AWS region is a in"):
        find(stack="a")

"""What the client and the command say when a stack cannot be found, or nobody can sign."""

import json
from pathlib import Path
from types import SimpleNamespace

import anyio
import httpx2
import pytest
from api_server import ApiServer
from botocore.exceptions import UnauthorizedSSOTokenError

from runrelay import NoStackError, NotAllowedError, Runrelay
from runrelay.__main__ import main
from runrelay.cli import calls
from runrelay.client.models import RunPage
from runrelay.client.places import find
from runrelay.client.signing import AwsSignature
from runrelay.console.api import Api
from runrelay.reach import Where, reach

pytestmark = pytest.mark.usefixtures("environment")


@pytest.mark.parametrize("url", ["http://[", "http://a:port", "runs.example.com", "http://"])
def test_what_is_no_url_is_said_to_be_none(environment, url):
    environment.setenv("RUNRELAY_URL", url)

    with pytest.raises(NoStackError, match="is no URL"):
        find()


@pytest.mark.parametrize(
    "document", ["[]", '{"api_url": null, "api_headers": null}', '{"api_url": 5}', "{", "\x00"]
)
def test_a_damaged_file_of_a_local_stack_is_no_stack(tmp_path: Path, document):
    (tmp_path / "stack.json").write_text(document)

    with pytest.raises(NoStackError, match="does not say where the local stack is"):
        find(directory=tmp_path)


@pytest.mark.parametrize("said", [{"stack": "runrelay-dev"}, {"url": "https://runs.example.com"}])
def test_a_profile_that_is_not_there_is_no_stack(environment, said):
    environment.setenv("AWS_PROFILE", "nobody")

    with pytest.raises(NoStackError, match=r"profile .nobody. could not be found"):
        find(**said)


def test_a_login_that_is_over_is_not_allowed():
    class Over:
        def get_frozen_credentials(self) -> SimpleNamespace:
            raise UnauthorizedSSOTokenError

    request = httpx2.Request("GET", "https://runs.example.com/runs")

    with pytest.raises(NotAllowedError, match=r"no AWS credentials to sign with: .*SSO session"):
        next(AwsSignature(Over(), "eu-central-1").sync_auth_flow(request))


@pytest.mark.parametrize("token", ["", " ", "ey.secret\n", "ey.sécret"])
def test_a_token_that_no_header_can_hold_is_not_sent_and_not_shown(server: ApiServer, token: str):
    with Runrelay(url=server.url, token=token) as client, pytest.raises(NotAllowedError) as caught:
        client.runs.get("run_1")
    assert "the token is empty, or holds what no header does" in str(caught.value)
    assert "cret" not in str(caught.value)
    assert server.seen == []


def test_the_command_sends_a_token_of_the_environment_to_the_stack_that_it_names(
    server: ApiServer, environment, capsys: pytest.CaptureFixture[str]
):
    server.token = "ey.secret"
    server.stacks["runrelay-dev"] = {"ApiUrl": server.url}
    environment.setenv("AWS_ENDPOINT_URL_CLOUDFORMATION", server.url)
    environment.setenv("AWS_REGION", "eu-central-1")
    environment.setenv("RUNRELAY_TOKEN", "ey.secret")

    assert main(["runs", "list", "--stack", "runrelay-dev"]) == 1
    assert "signed with AWS credentials" in capsys.readouterr().err
    environment.setenv("RUNRELAY_STACK", "runrelay-dev")
    assert main(["runs", "list"]) == 0


def test_the_console_sends_the_same_token_to_the_same_stack(server: ApiServer, environment):
    server.token = "ey.secret"
    server.stacks["runrelay-dev"] = {"ApiUrl": server.url}
    environment.setenv("AWS_ENDPOINT_URL_CLOUDFORMATION", server.url)
    environment.setenv("AWS_REGION", "eu-central-1")
    environment.setenv("RUNRELAY_TOKEN", "ey.secret")

    async def first_page(where: Where) -> RunPage:
        async with Api.of(where) as api:
            return await api.page(None, limit=1)

    with pytest.raises(NotAllowedError, match="signed with AWS credentials"):
        anyio.run(first_page, Where.said("runrelay-dev", None))
    environment.setenv("RUNRELAY_STACK", "runrelay-dev")
    assert anyio.run(first_page, Where.said(None, None)).runs == ()


def test_the_command_says_how_a_local_stack_is_started(
    environment, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "dead").mkdir()
    facts = {"api_url": "http://127.0.0.1:1", "api_headers": {}}
    (tmp_path / "dead/stack.json").write_text(json.dumps(facts))
    environment.setattr("runrelay.client.answers.FIRST_PAUSE", 0)

    assert main(["runs", "list"]) == 1
    assert "`make up` starts one" in capsys.readouterr().err
    assert main(["console"]) == 1
    assert "`make up` starts one" in capsys.readouterr().err
    assert main(["runs", "list", "--directory", "dead"]) == 1
    assert "`make down up` starts it anew" in capsys.readouterr().err
    environment.setenv("RUNRELAY_STACK", "dead/other.json")
    assert main(["runs", "list"]) == 1
    assert "that is named stack.json" in capsys.readouterr().err


def test_a_command_that_is_named_is_about_the_same_stack(environment):
    environment.setenv("RUNRELAY_STACK", "runrelay-dev")

    assert Where.said(None, None).option == ""
    assert Where.said(None, Path(".local")).option == " --directory .local"
    assert Where.said(None, Path("my place")).option == " --directory 'my place'"


def test_a_run_that_was_deleted_since_it_was_listed_is_in_no_inbox(client: Runrelay):
    assert list(calls._still_there(client, "run_01JD00000000000000000000TE")) == []


@pytest.mark.parametrize("elsewhere", [None, "us-east-1"])
def test_the_region_of_the_environment_is_that_of_every_command_and_comes_first(environment, elsewhere):
    environment.setenv("AWS_REGION", "eu-central-1")
    if elsewhere:
        environment.setenv("AWS_DEFAULT_REGION", elsewhere)
    else:
        environment.delenv("AWS_DEFAULT_REGION", raising=False)

    place = find(url="https://runs.example.com")

    assert reach(Where.said("runrelay-dev", None)).client("sqs").meta.region_name == "eu-central-1"
    assert place.proof == "it was signed with AWS credentials for execute-api in eu-central-1"


def test_what_an_empty_variable_left_empty_is_no_other_stack_and_no_other_call(
    server: ApiServer, environment, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """`runrelay dlq drop --all --yes --stack "$STACK"` must not empty the queues of another stack."""
    (tmp_path / "stack.json").write_text(json.dumps({"api_url": server.url, "api_headers": {}}))
    environment.setenv("RUNRELAY_STACK", str(tmp_path / "stack.json"))

    assert main(["runs", "list", "--stack", ""]) == 1
    assert "--stack names no stack" in capsys.readouterr().err
    assert main(["calls", "approve", "run_01JD00000000000000000000TE", ""]) == 1
    assert "nothing has the id ''" in capsys.readouterr().err
    assert server.seen == []

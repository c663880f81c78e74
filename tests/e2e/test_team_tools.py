"""A team's own folder of tools on a stack of its own: what they need, what they may, what is broken."""

import re
import shutil
import time
from collections.abc import Iterator

import pytest
from runrelay_client import Client, calls, text

from runrelay.stack import Stack
from tasks import package
from tasks.checkout import LOCAL, ROOT
from tasks.local_stack import LocalStack
from tasks.renewal import Renewal
from tasks.team.folder import TeamFolder

PARAMETERS = {
    "CheckFirstSeconds": "40",
    "WorkerConcurrency": "2",
    "ToolConcurrency": "2",
    "ToolTimeoutSeconds": "30",
}
FOLDER = LOCAL / "team-of-the-tests/team_tools"
"""Always the same place, so that its packages are installed once."""


@pytest.fixture(scope="module")
def local_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    shutil.rmtree(FOLDER, ignore_errors=True)
    shutil.copytree(ROOT / "tests/team/team_tools", FOLDER)
    directory = tmp_path_factory.mktemp("team-stack")
    local_stack = LocalStack(directory, parameters=PARAMETERS, tools=TeamFolder(FOLDER))
    with local_stack:
        yield local_stack


@pytest.fixture(scope="module")
def stack(local_stack: LocalStack) -> Stack:
    stack = local_stack.running()
    assert stack is not None
    secrets = stack.client("secretsmanager")
    secrets.create_secret(Name="runrelay/store-key", SecretString="sesame")
    secrets.create_secret(Name="runrelay/another", SecretString="not theirs")
    return stack


def test_a_teams_tool_has_its_package_its_variable_and_its_secret(client: Client):
    run_id = client.start(calls(("tell_size", {"number": 5_000_000})), text("ok"), tools=["tell_size"])

    run = client.ended(run_id)

    assert run["status"] == "completed"
    assert client.outputs_sent(run_id) == ["Told by the team: 5.0 MB, with the key sesame"]


def test_a_teams_tool_is_denied_what_its_permissions_do_not_name(client: Client):
    peeks = [("peek", {"name": f"runrelay/{name}"}) for name in ("another", "store-key", "openai-api-key")]
    run_id = client.start(calls(*peeks), text("ok"), tools=["peek"])

    client.ended(run_id)

    denied = '{"error": "AccessDeniedException"}'
    assert client.outputs_sent(run_id) == [denied, "sesame", denied]


def test_a_module_that_breaks_only_in_lambda_takes_out_its_own_tools_and_no_others(client: Client):
    asked = calls(("tell_price", {"article": "a"}), ("tell_version", {}))
    run_id = client.start(asked, text("ok"), tools=["tell_price", "tell_version"])

    run = client.ended(run_id)

    assert [call["outcome"] for call in run["calls"]] == ["failed", "succeeded"]
    assert run["calls"][0]["error"]["code"] == "tool_out_of_order"
    assert "The tool tell_price is out of order." in client.outputs_sent(run_id)[0]
    assert "price list" not in client.outputs_sent(run_id)[0]
    (detail,) = [event["detail"] for event in client.timeline(run_id) if event.get("detail")]
    assert detail == "team_tools/fragile.py cannot be imported: RuntimeError: the price list is gone"
    client.eventually(lambda: client.metric("ToolModuleBroken", "tools") >= 1)


def test_the_sample_tools_are_not_there(client: Client):
    answer = client.post_run({"kind": "response", "request": {"model": "m"}, "tools": ["get_order"]})

    assert answer.status_code == 422


def test_a_changed_line_is_live_within_seconds(client: Client, local_stack: LocalStack, stack: Stack):
    file = FOLDER / "changing.py"
    file.write_text(file.read_text().replace("the first", "the second"))

    started = time.monotonic()
    local_stack.update(stack)
    seconds = time.monotonic() - started

    assert version_told(client) == "the second"
    assert seconds < 60


def test_a_deploy_brings_back_what_was_put_there_without_one(
    client: Client, local_stack: LocalStack, stack: Stack
):
    file = FOLDER / "changing.py"
    as_deployed = file.read_text()
    local_stack.update(stack)

    file.write_text(re.sub(r'return ".*"', 'return "put there meanwhile"', as_deployed))
    with local_stack.built() as template:
        renewed = Renewal(stack.aws_endpoint_url).renew(package.packed(template))
    meanwhile = version_told(client)
    file.write_text(as_deployed)
    local_stack.update(stack)

    assert renewed == ["ToolFunction"]
    assert meanwhile == "put there meanwhile"
    assert f'return "{version_told(client)}"' in as_deployed


def version_told(client: Client) -> str:
    run_id = client.start(calls(("tell_version", {})), text("ok"), tools=["tell_version"])
    client.ended(run_id)
    (version,) = client.outputs_sent(run_id)
    return version

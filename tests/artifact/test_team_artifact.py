"""What Lambda gets with a team's own tools: theirs in ToolFunction, all else as it was."""

import json
import marshal
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from tasks import package
from tasks.artifact import host_architecture
from tasks.checkout import LOCAL, ROOT
from tasks.team.build import built
from tasks.team.folder import TeamFolder

FOLDER = LOCAL / "team-of-the-artifact/team_tools"
"""Always the same place, so that its packages are installed once."""

CHANGING = LOCAL / "team-that-changes/team_tools"
"""The same."""


@pytest.fixture(scope="module")
def team() -> Iterator[Path]:
    shutil.rmtree(FOLDER, ignore_errors=True)
    shutil.copytree(ROOT / "tests/team/team_tools", FOLDER)
    (FOLDER / "tests").mkdir()
    (FOLDER / "tests/test_sizes.py").write_text("raise SystemExit('a test was imported')\n")
    with built(host_architecture(), TeamFolder(FOLDER), {"ToolTimeoutSeconds": "60"}) as template:
        yield template


def content(template: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(template.read_text())
    return read


def test_the_catalog_has_the_teams_tools_and_no_others(team: Path):
    catalog = json.loads((team.parent / "ContractsLayer/python/contracts/catalog.json").read_text())

    assert {entry["name"]: entry["module"] for entry in catalog} == {
        "peek": "team_tools.peeking",
        "tell_price": "team_tools.fragile",
        "tell_size": "team_tools.sizes",
        "tell_version": "team_tools.changing",
    }


def test_a_teams_package_is_in_the_tool_function_alone(team: Path, artifact: Path):
    beside = [each.name for each in artifact.glob("*/humanize")]

    assert (team.parent / "ToolFunction/humanize").is_dir()
    assert beside == []


def test_of_a_teams_folder_lambda_gets_neither_tests_nor_settings_and_of_ours_no_samples(team: Path):
    function = team.parent / "ToolFunction"
    theirs = {path.name for path in (function / "team_tools").glob("*") if path.name != "__pycache__"}

    assert theirs == {"changing.py", "fragile.py", "greeting.py", "peeking.py", "sizes.py"}
    assert not (function / "functions/tools/catalog").exists()


def test_a_teams_modules_are_compiled_under_the_names_that_lambda_gives_them(team: Path):
    (bytecode,) = (team.parent / "ToolFunction/team_tools/__pycache__").glob("sizes.*.pyc")

    assert marshal.loads(bytecode.read_bytes()[16:]).co_filename == "/var/task/team_tools/sizes.py"


def test_the_template_has_what_the_folder_says(team: Path):
    function = content(team)["Resources"]["ToolFunction"]["Properties"]
    seconds = content(team)["Parameters"]["ToolTimeoutSeconds"]

    variables = function["Environment"]["Variables"]
    assert variables["TOOLS_PACKAGE"] == "team_tools"
    assert variables["GREETING"] == "Told by the team"
    assert variables["STORE_KEY_NAME"] == {"Fn::Sub": "${AWS::StackName}/store-key"}
    assert "TheStoresKey" in team.read_text()
    assert (seconds["Default"], seconds["AllowedValues"]) == (60, [30, 60, 120, 180, 300, 600, 900])


SECRET = """
import sys
sys.path[:0] = {folders!r}
from functions.tools import secret
from functions.tools.secret_store import SecretStore
import boto3
client = boto3.client("secretsmanager", "eu-central-1", aws_access_key_id="a", aws_secret_access_key="b")
print(SecretStore(lambda: client)._provider)
from aws_lambda_powertools.utilities import parameters
"""


def test_powertools_parameters_can_be_imported_beside_a_teams_tools(team: Path, artifact: Path):
    folders = [str(team.parent / "ToolFunction"), str(artifact / "ContractsLayer/python")]

    said = subprocess.run(
        [sys.executable, "-I", "-S", "-c", SECRET.format(folders=folders)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert said.stderr == ""
    assert "SecretsProvider" in said.stdout


@pytest.fixture
def changing() -> Path:
    """A folder that was built, and is about to change."""
    shutil.rmtree(CHANGING, ignore_errors=True)
    shutil.copytree(ROOT / "tests/team/team_tools", CHANGING)
    packed_now()
    return CHANGING


def packed_now() -> dict[str, bytes]:
    """Build, and give the zips."""
    with built(host_architecture(), TeamFolder(CHANGING), {"ToolTimeoutSeconds": "60"}) as template:
        return {path.name: path.read_bytes() for path in package.packed(template).parent.glob("*.zip")}


def test_a_changed_module_is_put_in_and_what_is_made_is_what_a_whole_build_makes(changing: Path):
    before = packed_now()
    file = changing / "changing.py"
    file.write_text(file.read_text().replace("the first", "the second"))
    (changing / "sizes.py").rename(changing / "measures.py")

    renewed = packed_now()
    (requirements := changing / "requirements.txt").write_text(requirements.read_text() + "# a whole build\n")
    whole = packed_now()

    assert {name for name in whole if before[name] != whole[name]} == {
        "ToolFunction.zip",
        "ContractsLayer.zip",
    }
    assert renewed == whole


def test_a_changed_module_that_makes_another_client_has_what_was_left_out(changing: Path):
    service = "botocore/data/ses"
    before = zipfile.ZipFile(BytesIO(packed_now()["ToolFunction.zip"])).namelist()
    file = changing / "changing.py"
    file.write_text(f"import boto3\n\nMAIL = boto3.client('ses')\n{file.read_text()}")

    after = zipfile.ZipFile(BytesIO(packed_now()["ToolFunction.zip"])).namelist()

    assert [any(name.startswith(service) for name in names) for names in (before, after)] == [False, True]

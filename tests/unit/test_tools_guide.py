"""The guide to a team's tools: its examples are a folder, and that folder is used as the guide says."""

import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tasks.checkout import ROOT
from tasks.team import catalog, settings
from tasks.team.folder import TeamFolder
from tests.harness.template import Template

GUIDE = (ROOT / "docs/tools.md").read_text()
FILES = dict(re.findall(r"^```\w+ file=(\S+)\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL))
LIBRARIES = Path(sysconfig.get_path("purelib"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> TeamFolder:
    """The folder that the examples make."""
    repository = tmp_path_factory.mktemp("acme")
    for name, content in FILES.items():
        (repository / name).parent.mkdir(parents=True, exist_ok=True)
        (repository / name).write_text(content)
    return TeamFolder(repository / "tools")


def test_every_example_of_code_is_a_file_of_the_folder():
    fences = re.findall(r"^```(python|yaml|text)(.*)$", GUIDE, re.MULTILINE)

    assert len(FILES) == 9
    assert [words for _, words in fences if not words.startswith(" file=")] == []


def test_the_examples_are_tools(folder: TeamFolder, tmp_path: Path):
    folder.copy_to(tmp_path)
    variables = settings.read(folder).as_if_deployed()

    entries = catalog.entries("tools", [tmp_path, LIBRARIES, ROOT], variables, 120)

    assert {entry["name"]: (entry["effect"], entry["approval"], entry["executor"]) for entry in entries} == {
        "ask_the_warehouse": ("once", "never", "external"),
        "count_words": ("pure", "never", "tools"),
        "price_of": ("pure", "never", "tools"),
        "refund_order": ("keyed", "by_arguments", "tools"),
        "send_parcel": ("verify", "never", "tools"),
    }


def test_the_tests_of_the_examples_pass(folder: TeamFolder):
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-c",
        os.devnull,
        "--rootdir",
        ".",
    ]
    environment = {**os.environ, "SHOP_KEY_NAME": "acme/shop-key", "PYTHONPATH": f"{ROOT}:."}

    done = subprocess.run(
        [*command, "tools/tests"],
        cwd=folder.path.parent,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout.splitlines()[-1][:8]) == (0, "3 passed"), done.stdout


def test_the_settings_of_the_examples_are_read(folder: TeamFolder):
    said = settings.read(folder)

    assert said.as_if_deployed()["SHOP_KEY_NAME"] == "runrelay/shop-key"
    assert [statement["Action"] for statement in said.statements] == ["secretsmanager:GetSecretValue"]


@pytest.mark.parametrize("command", re.findall(r"^make (\w+) ", GUIDE, re.MULTILINE))
def test_a_target_of_the_guide_is_there(command: str):
    assert f"\n{command}:" in (ROOT / "Makefile").read_text()


def test_the_times_of_the_guide_are_those_of_the_template():
    allowed = [int(each) for each in re.findall(r"\d+", re.search(r"the function's: (.*)\. Say", GUIDE)[1])]

    assert allowed == Template({}).allowed("ToolTimeoutSeconds")

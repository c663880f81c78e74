"""What others install: the wheel, in an empty environment, drives the local stack as its guide says."""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from runrelay.stack import Stack
from tasks.checkout import ROOT, VERSION

GUIDE = (ROOT / "docs/client.md").read_text()
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
SCRIPT = "\n\n".join(code for language, code in BLOCKS if language == "python")
(INSTALL,) = [code for language, code in BLOCKS if language == "sh"]
UV = ROOT / ".local/uv/bin/uv"
NEED_THE_EXTRA = {
    *(f"runrelay.console.{name}" for name in ("actions", "guard", "live", "rendering", "server", "site")),
    "runrelay.tools",
    "runrelay.testing",
    "runrelay.toolbox.calling",
    "runrelay.toolbox.loaded",
}


@dataclass(frozen=True)
class Installed:
    """An environment of somebody's own."""

    path: Path

    def run(self, *command: str | Path, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the environment, or another."""
        own = self.path / "bin" / command[0]
        words = [str(own if own.exists() else command[0]), *map(str, command[1:])]
        environment = {name: value for name, value in os.environ.items() if name not in NOT_OURS}
        environment |= {"PATH": f"{self.path / 'bin'}:{os.environ['PATH']}", **variables}
        return subprocess.run(
            words, cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=300
        )


NOT_OURS = {"MAKEFLAGS", "MAKELEVEL", "MFLAGS", "PYTHONPATH", "VIRTUAL_ENV", "RUNRELAY_STACK", "RUNRELAY_URL"}


def environment_of(folder: Path) -> Installed:
    subprocess.run([UV, "venv", "-q", "--seed", "--python", sys.executable, folder], check=True)
    return Installed(folder)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """An empty environment, and the guide's way to install."""
    environment = environment_of(tmp_path_factory.mktemp("installed") / "venv")
    done = environment.run("bash", "-euc", INSTALL, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    return environment


@pytest.fixture(scope="module")
def wheel(installed: Installed) -> Path:
    (wheel,) = (ROOT / "dist").glob("*.whl")
    return wheel


@pytest.fixture
def home(stack: Stack, tmp_path: Path) -> Path:
    """A folder as one where `make up` was."""
    (tmp_path / ".local").mkdir()
    stack.write(tmp_path / ".local/stack.json")
    return tmp_path


def test_the_wheel_has_one_package_and_the_version_of_the_project(wheel: Path):
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.partition("/")[0] for name in archive.namelist()}

    assert tops == {"runrelay", f"runrelay-{VERSION}.dist-info"}


def test_every_module_can_be_imported_where_nothing_else_is(installed: Installed, tmp_path: Path):
    code = (
        "import importlib, json, pkgutil, runrelay\n"
        "names = [each.name for each in pkgutil.walk_packages(runrelay.__path__, 'runrelay.')]\n"
        f"extra = {sorted(NEED_THE_EXTRA)}\n"
        "own = [name for name in names if name not in extra and '._parts.functions.tools.' not in name]\n"
        "[importlib.import_module(name) for name in own]\n"
        "print(json.dumps(own))"
    )

    done = installed.run("python", "-W", "error", "-c", code, cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    assert {"runrelay.client.blocking", "runrelay.dlq.plan", "runrelay._parts.contracts.records"} <= {
        *json.loads(done.stdout)
    }


def test_none_of_what_runs_on_aws_is_installed_with_it(installed: Installed, tmp_path: Path):
    done = installed.run("pip", "list", "--format", "json", cwd=tmp_path)

    names = {each["name"] for each in json.loads(done.stdout)}
    assert names & {"openai", "aws-lambda-powertools", "starlette", "docstring_parser"} == set()


def test_the_command_works(installed: Installed, home: Path):
    told = installed.run("runrelay", "--help", cwd=home)
    listed = installed.run("runrelay", "dlq", "list", cwd=home)

    assert (told.returncode, "Usage: runrelay" in told.stdout) == (0, True)
    assert installed.run("runrelay", "--version", cwd=home).stdout == f"{VERSION}\n"
    assert listed.returncode == 0, listed.stdout + listed.stderr


def test_dev_says_that_it_needs_a_checkout(installed: Installed, home: Path):
    done = installed.run("runrelay", "dev", "--tools", home, cwd=home)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("`runrelay dev` needs a checkout of Runrelay")


def test_the_guide_to_the_client_does_what_it_says(installed: Installed, home: Path, client):
    (home / "guide.py").write_text(SCRIPT)

    done = installed.run("python", "-W", "error", "guide.py", cwd=home)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "tools.0 the catalog has no tool named get_ordr" in done.stdout
    assert done.stdout.count("completed") >= 5


@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_checkers_of_types_accept_the_guide_and_refuse_mistakes(
    installed: Installed, tmp_path: Path, checker
):
    mistakes = ["client.runs.start()", "client.runs.get(1)", "run.colour", 'Runrelay(urn="x")']
    (tmp_path / "guide.py").write_text(f"# pyright: strict\n{SCRIPT}")
    (tmp_path / "mistakes.py").write_text("\n".join([SCRIPT, *mistakes]))
    python = installed.path / "bin/python"
    commands = {
        "mypy": ["mypy", "--strict", "--config-file=", f"--python-executable={python}", "--cache-dir=.mypy"],
        "pyright": ["pyright", f"--pythonpath={python}"],
    }
    command = [str(ROOT / ".venv/bin" / commands[checker][0]), *commands[checker][1:]]

    accepted = installed.run(*command, "guide.py", cwd=tmp_path)
    refused = installed.run(*command, "mistakes.py", cwd=tmp_path)

    assert accepted.returncode == 0, accepted.stdout + accepted.stderr
    first = len(SCRIPT.splitlines()) + 2
    lines = {int(line) for line in re.findall(r"mistakes\.py:(\d+):.*error", refused.stdout)}
    assert lines == {first + number for number in range(len(mistakes))}, refused.stdout


TEAM = """
import functions, contracts  # the team's own
from runrelay.testing import a_tool_context
from runrelay.tools import ToolContext, tool

@tool(effect="keyed")
def greet(name: str, *, context: ToolContext) -> str:
    \"\"\"Greet somebody.\"\"\"
    return f"Hello {name}, {context.attempt}"

assert greet("Ada", context=a_tool_context()) == "Hello Ada, 1"
print(functions.WORD, contracts.WORD)
"""


def test_a_team_tests_its_tools_with_the_extra_beside_packages_of_the_same_names(wheel: Path, tmp_path: Path):
    environment = environment_of(tmp_path / "venv")
    done = environment.run("pip", "install", "-q", f"{wheel}[tools]", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for name in ("functions", "contracts"):
        (tmp_path / f"{name}.py").write_text('WORD = "ours"\n')
    (tmp_path / "team.py").write_text(TEAM)

    done = environment.run("python", "-W", "error", "team.py", cwd=tmp_path)

    assert (done.returncode, done.stdout) == (0, "ours ours\n"), done.stderr
    shutil.rmtree(tmp_path / "venv")


def test_the_console_is_served_with_its_extra_and_says_what_is_missing_without(
    installed: Installed, wheel: Path, home: Path, tmp_path: Path
):
    environment = environment_of(tmp_path / "venv")
    done = environment.run("pip", "install", "-q", f"{wheel}[console]", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    ask = (
        "import httpx2, os, subprocess, sys\n"
        "words = ['runrelay', 'console', '--directory', '.local']\n"
        "with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as console:\n"
        "    url = console.stdout.readline().strip()\n"
        "    with httpx2.Client(trust_env=False, follow_redirects=True) as http:\n"
        "        css = url.split('?')[0] + 'static/console.css'\n"
        "        print(http.get(url + '&wait').status_code, http.get(css))\n"
        "    console.terminate()\n"
    )

    served = environment.run("python", "-c", ask, cwd=home)
    missing = installed.run("runrelay", "console", "--directory", ".local", cwd=home)

    assert (served.returncode, served.stdout) == (0, "200 <Response [200 OK]>\n"), served.stderr
    assert (missing.returncode, "pip install 'runrelay[console]'" in missing.stderr) == (1, True)
    shutil.rmtree(tmp_path / "venv")

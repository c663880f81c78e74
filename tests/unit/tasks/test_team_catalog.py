"""A team's tools are imported as in Lambda: with what the build gives them, and nothing of this machine."""

import os
import sysconfig
from pathlib import Path

import pytest

from runrelay.command_line import CommandError
from tasks.checkout import ROOT
from tasks.team import catalog

LIBRARIES = Path(sysconfig.get_path("purelib"))
A_TOOL = 'from runrelay.tools import tool\n@tool()\ndef ship() -> None:\n    """Ship."""\n'


def names(folder: Path, code: str, **variables: str) -> list[str]:
    """Write a module of the package and name the tools that are found."""
    (folder / "acme_tools").mkdir()
    (folder / "acme_tools/one.py").write_text(code)
    entries = catalog.entries("acme_tools", [folder, ROOT, LIBRARIES], variables, 120)
    return [entry["name"] for entry in entries]


def test_a_module_may_print_and_read_its_variables(tmp_path: Path):
    code = f"import os\nprint('hello', os.environ['GREETING'])\n{A_TOOL}"

    assert names(tmp_path, code, GREETING="you") == ["ship"]


def test_no_variable_of_this_machine_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("A_VARIABLE_OF_MINE", "1")

    with pytest.raises(CommandError) as raised:
        names(tmp_path, f"import os\nos.environ['A_VARIABLE_OF_MINE']\n{A_TOOL}")

    assert "acme_tools/one.py cannot be imported: KeyError: 'A_VARIABLE_OF_MINE'; " in str(raised.value)
    assert "environment.yaml" in str(raised.value)
    assert "A_VARIABLE_OF_MINE" in os.environ


@pytest.mark.parametrize("code", [0, 3])
def test_a_module_that_ends_python_is_told_of(tmp_path: Path, code: int):
    with pytest.raises(CommandError, match=f"acme_tools: importing it ended Python with code {code}"):
        names(tmp_path, f"import os\nos._exit({code})\n")


def test_a_module_that_does_not_come_to_an_end_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(catalog, "SECONDS", 0.5)

    with pytest.raises(CommandError, match="importing it takes longer than"):
        names(tmp_path, "import time\ntime.sleep(60)\n")


def test_every_mistake_has_a_line_of_its_own(tmp_path: Path):
    late, silent = "@tool(timeout=0)\ndef late() -> None: ...\n", "@tool()\ndef silent() -> None: ...\n"

    with pytest.raises(CommandError) as raised:
        names(tmp_path, f"{A_TOOL}{late}{silent}")

    first, second = str(raised.value).splitlines()
    assert first.startswith("acme_tools/one.py: the tool late has a timeout of 0")
    assert second.startswith("acme_tools/one.py: the tool silent has no docstring")

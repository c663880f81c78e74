"""The catalog: every tool of every file, each name once."""

import argparse
import sys
from dataclasses import asdict
from pathlib import Path

import pytest
from contracts.catalog import load_catalog

from functions.tools import catalog
from functions.tools.catalog import load_tools
from runrelay.command_line import CommandError
from tasks.commands import catalog as command

A_TOOL = "from functions.tools.tool import tool\n\n@tool()\ndef {name}(x: int) -> int:\n    return x\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The catalog's folder, empty."""
    monkeypatch.setattr(catalog, "__path__", [str(tmp_path)])
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_the_tools_are_those_that_the_others_know():
    assert {name: asdict(tool.entry) for name, tool in load_tools().items()} == {
        name: asdict(entry) for name, entry in load_catalog().items()
    }


def test_a_new_file_is_a_new_tool(folder: Path):
    (folder / "first_new.py").write_text(A_TOOL.format(name="one"))
    (folder / "second_new.py").write_text(A_TOOL.format(name="two"))

    assert list(load_tools()) == ["one", "two"]


def test_two_tools_of_one_name_are_refused(folder: Path):
    (folder / "first_twin.py").write_text(A_TOOL.format(name="same"))
    (folder / "second_twin.py").write_text(A_TOOL.format(name="same"))

    with pytest.raises(ValueError, match="two tools are named same"):
        load_tools()


def test_a_tool_that_another_file_imports_is_not_a_second_one(folder: Path):
    (folder / "owner_of_it.py").write_text(A_TOOL.format(name="one"))
    (folder / "user_of_it.py").write_text("from functions.tools.catalog.owner_of_it import one\n")

    assert list(load_tools()) == ["one"]


def test_a_tool_that_cannot_be_one_is_named_when_the_catalog_is_made(folder: Path):
    unverified = A_TOOL.format(name="charge").replace("@tool()", '@tool(effect="verify")')
    (folder / "unverified.py").write_text(unverified)

    with pytest.raises(CommandError, match="the tool charge is verify and has no verify function"):
        command.run(argparse.Namespace(check=True))

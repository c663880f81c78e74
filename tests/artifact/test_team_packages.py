"""The packages of a team's tools beside those of Runrelay, and what is said of those that cannot be had."""

from pathlib import Path

import pytest

from runrelay.command_line import CommandError
from tasks.team import dependencies
from tasks.team.dependencies import installed
from tasks.team.folder import TeamFolder


@pytest.fixture
def folder(tmp_path: Path) -> TeamFolder:
    (tmp_path / "acme_tools").mkdir()
    return TeamFolder(tmp_path / "acme_tools")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("boto3==1.30.0", "you require boto3==1.44"),
        ("not a requirement", "Couldn't parse requirement in"),
        ("a-package-of-nobody-anywhere-1", "a-package-of-nobody-anywhere-1 was not found"),
        (f"six==1.17.0 --hash=sha256:{'0' * 64}", "Hash mismatch for `six==1.17.0`"),
    ],
    ids=["conflict", "no requirement", "unknown", "another hash"],
)
def test_packages_that_cannot_be_had_are_refused_in_one_line(folder: TeamFolder, line: str, words: str):
    file = folder.path / "requirements.txt"
    file.write_text(f"{line}\n")

    with pytest.raises(CommandError) as raised:
        installed(folder, "x86_64", folder.path.parent)

    said = str(raised.value)
    assert said.startswith(f"{file}, with what Runrelay needs: ")
    assert words.partition(".")[0] in said
    assert "\n" not in said


def a_library(folder: Path, machine: int) -> None:
    folder.mkdir(parents=True)
    (folder / "fast.so").write_bytes(b"\x7fELF".ljust(18, b"\0") + machine.to_bytes(2, "little"))


def test_a_package_that_was_compiled_for_another_processor_is_refused(folder: TeamFolder, tmp_path: Path):
    a_library(tmp_path / "installed/quick", dependencies.MACHINES["x86_64"])

    dependencies._check(folder, "x86_64", tmp_path / "installed")
    with pytest.raises(CommandError, match=r"requirements.txt: quick cannot be had for arm64\."):
        dependencies._check(folder, "arm64", tmp_path / "installed")


@pytest.mark.parametrize("name", ["acme_tools", "acme_tools.py"])
def test_a_package_of_the_folders_own_name_is_refused(folder: TeamFolder, tmp_path: Path, name: str):
    (tmp_path / "installed" / name).mkdir(parents=True)

    with pytest.raises(CommandError, match="a package that is installed is named acme_tools, too"):
        dependencies._check(folder, "x86_64", tmp_path / "installed")

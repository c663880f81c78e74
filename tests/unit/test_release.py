"""The version, the changelog and the tag say the same, and the documents say only what is there."""

import re
import subprocess
from datetime import date
from itertools import pairwise

import pytest

from tasks.checkout import ROOT, VERSION

CHANGELOG = (ROOT / "CHANGELOG.md").read_text()
SECURITY = (ROOT / "SECURITY.md").read_text()
HEADINGS = re.findall(r"^## (.*)$", CHANGELOG, re.MULTILINE)
HEADING = re.compile(r"\[(\d+)\.(\d+)\.(\d+)\] - (Unreleased|\d{4}-\d\d-\d\d)")
DOCUMENTS = {name: (ROOT / name).read_text() for name in ("CHANGELOG.md", "SECURITY.md", "CONTRIBUTING.md")}


def read(heading: str) -> tuple[tuple[int, ...], str]:
    """Read a heading: its version, and when it was released."""
    found = HEADING.fullmatch(heading)
    assert found, f"no heading of a version: {heading}"
    *version, released = found.groups()
    return tuple(map(int, version)), released


def test_the_version_is_that_of_the_changelogs_first_heading():
    version, released = read(HEADINGS[0])
    suffix = ".dev0" if released == "Unreleased" else ""

    assert ".".join(map(str, version)) + suffix == VERSION


def test_versions_are_told_newest_first_each_once_and_only_the_newest_is_not_released():
    versions, dates = zip(*map(read, HEADINGS), strict=True)

    assert all(newer > older for newer, older in pairwise(versions))
    assert "Unreleased" not in dates[1:]
    released = [date.fromisoformat(each) for each in dates if each != "Unreleased"]
    assert released == sorted(released, reverse=True)


def test_the_version_stands_in_one_place():
    files = subprocess.run(
        ["git", "grep", "-lF", VERSION, "--", ":!*.lock", ":!**/requirements.txt"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.split()

    assert {each for each in files if not each.endswith(".md")} == {"pyproject.toml"}


def test_a_tagged_commit_is_tagged_with_its_version():
    tags = subprocess.run(
        ["git", "tag", "--points-at", "HEAD", "--list", "v*"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.split()

    assert tags in ([], [f"v{VERSION}"])


def test_the_minor_version_is_among_those_that_get_fixes():
    (major, minor, _), _ = read(HEADINGS[0])

    assert f"| {major}.{minor} | yes |" in SECURITY


@pytest.mark.parametrize(
    "path", sorted(set(re.findall(r"`((?:tests|docs)/[\w/.]+)`", "".join(DOCUMENTS.values()))))
)
def test_a_path_that_is_named_is_there(path: str):
    assert (ROOT / path).exists()


def test_every_parameter_that_the_documents_name_is_the_templates():
    template = (ROOT / "template.yaml").read_text()
    sections = {"AttributeDefinitions", "GlobalSecondaryIndexes"}
    named = set(re.findall(r"`([A-Z][a-z]+[A-Z]\w+)`", DOCUMENTS["CHANGELOG.md"] + SECURITY))

    assert {each for each in named if f"\n  {each}:" not in template} <= sections

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks import artifact as build
from tasks import own_sources

FOLDERS = ("ToolFunction", "ContractsLayer")
TOOL = "functions/tools/catalog/get_order.py"


@pytest.fixture
def copy(artifact: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of what was built, without libraries, and of our sources from which it may be renewed."""
    for folder in FOLDERS:
        for place in own_sources.PLACES:
            if (tree := artifact / folder / place).is_dir():
                shutil.copytree(tree, tmp_path / "build" / folder / place)
    for place, origin in own_sources.PLACES.items():
        shutil.copytree(origin, tmp_path / place, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(own_sources, "PLACES", {place: tmp_path / place for place in own_sources.PLACES})
    monkeypatch.setattr(own_sources, "ROOT", tmp_path)
    monkeypatch.setattr(build, "ARTIFACT", tmp_path / "build")
    return tmp_path


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_is_put_in_anew_is_what_a_whole_build_makes(copy: Path):
    before = content(copy / "build")

    assert build.renew_sources()

    assert content(copy / "build") == before


def test_what_was_changed_or_removed_is_so_in_the_artifact_too(copy: Path):
    before, function = own_sources.digest(), copy / "build/ToolFunction"
    (copy / TOOL).write_text("# changed\n")
    (copy / "functions/tools/catalog/send_email.py").unlink()

    assert build.renew_sources()

    assert own_sources.digest() != before
    assert (function / TOOL).read_text() == "# changed\n"
    left = sorted(path.name for path in (function / TOOL).parent.rglob("*") if "email" in path.name)
    assert left == []


def test_code_that_needs_what_was_left_out_needs_a_whole_build(copy: Path):
    (copy / TOOL).write_text("import boto3\n\nmail = boto3.client('ses')\n")

    assert not build.renew_sources()

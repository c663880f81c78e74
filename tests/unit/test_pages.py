"""What the README and the guides say is there, is there."""

import json
import re
import sysconfig
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tasks.checkout import ROOT
from tasks.team import catalog
from tests.harness.pages import LANGUAGES, MARK, PAGES, RUN_BY_PAGE, Block, blocks, blocks_of

TEXTS = {page: (ROOT / page).read_text() for page in (*PAGES, "CONTRIBUTING.md", "SECURITY.md")}
TESTS = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
MAKEFILE = (ROOT / "Makefile").read_text()
BLOCKS = [block for page in PAGES if page not in RUN_BY_PAGE for block in blocks(page)]
LONGEST_README = 150


def named(pattern: str) -> list[tuple[str, str]]:
    """Find what pages name: the page, and the name."""
    return sorted({(page, name) for page, text in TEXTS.items() for name in re.findall(pattern, text)})


def parameters() -> dict[str, Any]:
    """Read the template's parameters, whatever CloudFormation's tags may say elsewhere."""

    class Loader(yaml.SafeLoader):
        pass

    Loader.add_multi_constructor("!", lambda _loader, _suffix, _node: None)
    loaded: dict[str, Any] = yaml.load((ROOT / "template.yaml").read_text(), Loader)["Parameters"]
    return loaded


@pytest.mark.parametrize(("page", "name"), named(r"`(test_\w+)`"))
def test_a_test_that_a_page_names_is_there(page: str, name: str):
    assert f"def {name}(" in TESTS


@pytest.mark.parametrize(
    ("page", "path"), named(r"(?<![\w/])((?:tests|docs|tasks|functions|examples|bench)/[\w./-]+\w)")
)
def test_a_path_that_a_page_names_is_there(page: str, path: str):
    assert (ROOT / path).exists() or (ROOT / page).parent.joinpath(path).exists()


@pytest.mark.parametrize(("page", "target"), named(r"(?:`|^)make ([a-z][a-z-]*)"))
def test_a_target_that_a_page_names_is_there(page: str, target: str):
    assert f"\n{target}:" in MAKEFILE


def test_the_readme_is_read_in_a_minute():
    assert len(TEXTS["README.md"].splitlines()) <= LONGEST_README


def test_before_and_after_are_as_long_as_they_are_said_to_be():
    before, after = [block.text for block in blocks("README.md") if block.language == "python"]

    assert (len(before.splitlines()), len(after.splitlines())) == (15, 8)


def test_every_parameter_of_the_template_is_told_with_its_default_and_no_other():
    rows = re.findall(r"^\| `(\w+)` \| (?:`([^`]*)`)? *\|", TEXTS["docs/parameters.md"], re.MULTILINE)

    assert dict(rows) == {name: str(each["Default"]) for name, each in parameters().items()}


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.where)
def test_a_block_is_run_or_says_why_not(block: Block):
    mark = MARK.fullmatch(block.mark) if block.mark else None

    if block.file is not None:
        assert block.page in ("docs/tools.md", "docs/migrating.md")
    elif block.language in LANGUAGES and not block.is_run:
        assert mark, f"{block.where}: this is no mark: {block.mark}"
        assert mark["verb"] == "not run" or (ROOT / mark["words"]).exists()


@pytest.mark.parametrize("page", sorted(RUN_BY_PAGE))
def test_a_page_with_a_test_of_its_own_is_run_by_it(page: str):
    assert page.rpartition("/")[2] in (ROOT / RUN_BY_PAGE[page]).read_text()


def test_a_block_that_is_not_run_has_a_mark_right_before_it():
    page = "<!-- not run: needs AWS -->\n```sh\nmake deploy\n```\n\n```sh\nmake up\n```\n"

    assert [block.is_run for block in blocks_of("page.md", page)] == [False, True]


@pytest.mark.parametrize(
    "block", [each for each in BLOCKS if each.language == "python"], ids=lambda b: b.where
)
def test_every_block_of_python_compiles(block: Block):
    compile(block.text, block.where, "exec")


@pytest.mark.parametrize("block", [each for each in BLOCKS if each.language == "json"], ids=lambda b: b.where)
def test_every_block_of_json_is_json(block: Block):
    assert json.loads(block.text)


def test_the_event_that_the_page_shows_is_of_the_schema_and_of_the_pattern():
    event, pattern = [
        json.loads(block.text) for block in blocks("docs/callbacks.md") if block.language == "json"
    ]

    jsonschema.validate(event, json.loads((ROOT / "docs/events/run-status-changed.json").read_text()))
    assert event["source"] in pattern["source"]
    assert event["detail-type"] in pattern["detail-type"]
    assert set(event["resources"]) <= set(pattern["resources"])
    assert event["detail"]["status"] in pattern["detail"]["status"]


def test_every_announcement_is_on_the_page_of_callbacks():
    schemas = {path.name for path in (ROOT / "docs/events").glob("*.json")}

    assert set(re.findall(r"\(events/([\w-]+\.json)\)", TEXTS["docs/callbacks.md"])) == schemas


def test_every_guide_is_in_the_index():
    told = set(re.findall(r"\]\(([\w-]+\.md)", TEXTS["docs/README.md"]))
    internal = {"README.md", "mutants.md", "mutants-every.md", "soak.md"}

    assert told == {page.removeprefix("docs/") for page in PAGES if page.startswith("docs/")} - internal


def test_the_tool_that_a_tools_array_becomes_is_told_to_the_model_as_the_array_told_it(tmp_path: Path):
    page = blocks("docs/migrating.md")
    (said,) = [json.loads(block.text) for block in page if block.language == "json"]
    for block in page:
        if block.file is not None:
            (tmp_path / block.file).parent.mkdir(exist_ok=True)
            (tmp_path / block.file).write_text(block.text)
    (tmp_path / "tools/__init__.py").touch()  # else a folder of tools in this checkout would be a part of it
    folders = [tmp_path, ROOT / "tests/e2e/pages", Path(sysconfig.get_path("purelib")), ROOT]

    (entry,) = catalog.entries("tools", folders, {}, 120)

    assert {**entry, "type": "function", "strict": True}.items() >= said.items()

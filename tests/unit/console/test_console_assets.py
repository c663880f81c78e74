"""What is served beside the pages: one library, as it was released; and no script or style in a page."""

import re
from hashlib import sha256
from pathlib import Path

import pytest

from tasks.checkout import ROOT

CONSOLE = ROOT / "runrelay/console"
VENDORED = {
    # idiomorph 0.8.0, dist/idiomorph.min.js of the package of that name; 0BSD.
    "idiomorph.min.js": "4cbd535caf7663a51eda9bce6595371c384fc430d54b8d414e29a61167f19f96",
}
OURS = {"console.css", "console.js", "icon.svg"}
TEMPLATES = sorted((CONSOLE / "templates").iterdir())


def test_the_library_is_the_one_that_was_released():
    hashes = {name: sha256((CONSOLE / "static" / name).read_bytes()).hexdigest() for name in VENDORED}

    assert hashes == VENDORED


def test_nothing_else_is_served():
    assert {path.name for path in (CONSOLE / "static").iterdir()} == VENDORED.keys() | OURS


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_a_template_has_no_script_no_style_and_nothing_that_is_not_escaped(template: Path):
    text = template.read_text()

    assert not re.search(r"<style|\bstyle=|\bon\w+=|javascript:|<script(?! src=\"/static/)", text)
    assert not re.search(r"\|\s*safe\b|autoescape|Markup", text)
    assert not re.search(r"(src|href|action)=\"(https?:)?//", text)


def test_the_script_makes_no_html_of_what_it_is_told():
    text = (CONSOLE / "static/console.js").read_text()

    assert not re.search(r"innerHTML\s*=|insertAdjacentHTML|document\.write|eval\(|Function\(", text)

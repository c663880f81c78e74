"""The README says only what is there."""

import re

import pytest

from tasks.checkout import ROOT

README = (ROOT / "README.md").read_text()
TESTS = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
MAKEFILE = (ROOT / "Makefile").read_text()


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(test_\w+)`", README))))
def test_a_test_that_the_readme_names_is_there(name: str):
    assert f"def {name}(" in TESTS


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\bmake ([a-z][a-z-]*)", README))))
def test_a_target_that_the_readme_names_is_there(target: str):
    assert f"\n{target}:" in MAKEFILE


@pytest.mark.parametrize("path", sorted(set(re.findall(r"\]\(([^):#]+)(?:#[^)]*)?\)", README))))
def test_a_link_of_the_readme_leads_somewhere(path: str):
    assert (ROOT / path).exists()

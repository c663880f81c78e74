"""The blocks of docs/migrating.md that need a client of others: each is run against the simulator."""

import sys

import pytest

from tests.harness.pages import ROOT, blocks

MARK = "run by: tests/clients/test_migrating_page.py"
BLOCKS = [block for block in blocks("docs/migrating.md") if block.mark == MARK]


@pytest.fixture
def reader(monkeypatch, simulator):
    """Have what a reader has: an address, a key, a module `shop`."""
    monkeypatch.setenv("OPENAI_BASE_URL", f"{simulator.url}/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    monkeypatch.setenv("OPENAI_AGENTS_DISABLE_TRACING", "1")
    monkeypatch.syspath_prepend(ROOT / "tests/e2e/pages")
    yield
    sys.modules.pop("shop", None)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.where)
def test_a_block_of_the_page_runs_to_its_end(reader, block, capsys):
    exec(compile(block.text, block.where, "exec"), {})

    assert capsys.readouterr().out == "done\n"


def test_there_are_such_blocks():
    assert len(BLOCKS) == 1

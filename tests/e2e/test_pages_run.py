"""The README and the pages of docs/: each block of code is run as it stands, on a local stack of their own.

`run_...` and `call_...` in a block stand for the newest run, and for its call that waits.
"""

import os
import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from page_reader import Reader, with_ids

from runrelay.stack import Stack
from tasks.checkout import LOCAL, ROOT
from tasks.local_stack import LocalStack
from tests.harness.pages import PAGES, RUN_BY_PAGE, blocks

HELPERS = ROOT / "tests/e2e/pages"
"""What readers have of their own: the module `shop`, which the pages import."""

EVERYONES = {".git", ".local", "tools", "__pycache__"}
"""What is not taken over from this checkout."""

PLACE = re.compile(r"\b(run|call)_\.\.\.")
PATIENCE_SECONDS = 120
RUN = {page: [block for block in blocks(page) if block.is_run] for page in PAGES if page not in RUN_BY_PAGE}


@dataclass
class Desk:
    """A folder that looks like a checkout with a local stack that is up."""

    stack: Stack
    local: LocalStack
    has_other_tools: bool = False

    def folder(self, path: Path) -> Path:
        """Make a folder for one reader: all of the checkout's files, and one stack for all of them."""
        for each in ROOT.iterdir():
            if each.name not in EVERYONES:
                (path / each.name).symlink_to(each)
        (path / ".local").symlink_to(self.local.directory)
        for each in HELPERS.glob("*.py"):
            shutil.copy(each, path)
        return path

    def environment(self, folder: Path) -> dict[str, str]:
        (folder / ".curlrc").write_text("silent\nshow-error\nfail-with-body\n")
        virtual = ROOT / ".venv"
        return {
            "PATH": f"{virtual / 'bin'}:{os.environ['PATH']}",
            "VIRTUAL_ENV": str(virtual),
            "CURL_HOME": str(folder),
            "NO_PROXY": "127.0.0.1,.localhost",
            "OPENAI_BASE_URL": f"{self.stack.simulator_url}/v1",
            "OPENAI_API_KEY": self.stack.openai_api_key,
        }

    def with_sample_tools(self) -> None:
        """Have the sample tools back, if a page has put others in their place."""
        if self.has_other_tools:
            self.local.update(self.stack)
            self.has_other_tools = False

    def filled(self, text: str, http: httpx2.Client) -> str:
        """Put ids in their places, once there is such a call, and the run that is to be deleted is over."""
        until = time.monotonic() + PATIENCE_SECONDS
        while PLACE.search(text):
            (listed,) = http.get(f"{self.stack.api_url}/runs?limit=1").json()["runs"]
            run = http.get(f"{self.stack.api_url}/runs/{listed['run_id']}").json()
            filled = with_ids(text, run)
            if "call_..." not in filled and (run["ended_at"] or "delete" not in text.lower()):
                return filled
            assert time.monotonic() < until, f"it does not come to what the page says: {run}"
            time.sleep(0.3)
        return text


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    directory = tmp_path_factory.mktemp("stack-of-the-pages")
    for name in ("uv", "ministack", "sam"):
        (directory / name).symlink_to(LOCAL / name)
    local = LocalStack(directory)
    with local as stack, httpx2.Client(timeout=30, trust_env=False) as http:
        body = {"kind": "response", "request": {"model": "gpt-6-astra", "input": "Hello."}}
        http.post(f"{stack.api_url}/runs", json=body).raise_for_status()
        desk = Desk(stack, local)
        desk.filled("delete run_...", http)  # so that it is over
        yield desk


@pytest.fixture
def http() -> Iterator[httpx2.Client]:
    with httpx2.Client(timeout=30, trust_env=False) as http:
        yield http


@pytest.mark.parametrize("page", [page for page, found in RUN.items() if found])
def test_every_block_of_a_page_does_what_it_says(page: str, desk: Desk, http: httpx2.Client, tmp_path: Path):
    desk.with_sample_tools()
    http.post(f"{desk.stack.simulator_url}/_sim/reset").raise_for_status()
    folder = desk.folder(tmp_path)

    with Reader(folder, desk.environment(folder)) as reader:
        for block in RUN[page]:
            desk.has_other_tools |= "make up" in block.text
            reader.do(block, desk.filled(block.text, http))

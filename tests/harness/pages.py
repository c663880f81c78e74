"""The pages that people read, and the blocks of code in them.

An HTML comment on the line before a block says what becomes of it. Without one it is run, as it stands, on a
local stack. `<!-- not run: why -->` says why it cannot be; `<!-- run by: tests/... -->` by which test it is.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tasks.checkout import ROOT

PAGES = ("README.md", *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").glob("*.md")))
LANGUAGES = ("sh", "python")
RUN_BY_PAGE = {"docs/simulator.md": "tests/simulator/test_simulator_page.py"}
"""Pages whose blocks are all run by a test of their own."""

FENCE = re.compile(
    r"^(?:(?P<indent1> *)<!-- (?P<mark>.*?) -->\n)?"
    r"(?P<indent> *)```(?P<language>\w*)(?: (?P<info>[^\n]*))?\n(?P<text>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)
MARK = re.compile(r"(?P<verb>not run|run by): (?P<words>.+)")


@dataclass(frozen=True)
class Block:
    """A block of code in a page.

    Attributes:
        line: Where its fence opens.
        info: What stands behind the language, such as `file=tools/words.py`.
        mark: The comment before it.
    """

    page: str
    line: int
    language: str
    info: str
    text: str
    mark: str | None

    @property
    def where(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def is_run(self) -> bool:
        """Whether it is run as it stands, and not by another test, or not at all."""
        return self.language in LANGUAGES and self.mark is None and not self.info

    @property
    def file(self) -> str | None:
        """The file that it is, in the folder that the page tells of."""
        return self.info.partition("=")[2] if self.info.startswith("file=") else None


def blocks_of(page: str, text: str) -> Iterator[Block]:
    """Give the blocks of a page, in order."""
    for found in FENCE.finditer(text):
        yield Block(
            page,
            text.count("\n", 0, found.start("language")) + 1,
            found["language"],
            found["info"] or "",
            re.sub(rf"^{found['indent']}", "", found["text"], flags=re.MULTILINE),
            found["mark"],
        )


def blocks(page: str) -> list[Block]:
    """Read the blocks of a page of this checkout."""
    return list(blocks_of(page, (ROOT / page).read_text()))

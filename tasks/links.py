"""The links within this checkout's pages: which of them lead nowhere. Nothing is asked of a network."""

import re
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import unquote

FENCED: Final = re.compile(r"^( *)(`{3,}|~{3,}).*?^\1\2`*$", re.MULTILINE | re.DOTALL)
CODE: Final = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)")
LINKS: Final = (
    re.compile(r"\]\(<?([^)\s>]*)>?(?:\s+\"[^\"]*\")?\)"),
    re.compile(r"^\s*\[[^\]]+\]:\s+<?(\S+?)>?(?:\s|$)", re.MULTILINE),
    re.compile(r"<(?:a|img)\s[^>]*?(?:href|src)=\"([^\"]*)\""),
)
ELSEWHERE: Final = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
HEADING: Final = re.compile(r"^ {0,3}#{1,6}\s+(.*?)\s*#*$", re.MULTILINE)
NAMED: Final = re.compile(r"<a\s[^>]*?(?:id|name)=\"([^\"]+)\"")
LINK_TEXT: Final = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")


def pages(root: Path) -> list[Path]:
    """Name the pages that git knows, or would."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\n")
    return [path for name in listed if name and (path := root / name).exists()]


def broken(root: Path, among: Iterable[Path]) -> Iterator[str]:
    """Say of each link of these pages that leads nowhere where it stands, and what is not there."""
    for page in among:
        text = page.read_text()
        for line, target in links(text):
            if words := _wrong(root, page, target):
                yield f"{page.relative_to(root)}:{line}: {target}: {words}"


def links(text: str) -> list[tuple[int, str]]:
    """Give the links of a page to what is not elsewhere on the network: the line of each, and its target."""
    prose = _blank(CODE, _blank(FENCED, text))
    found = [(each.start(1), each[1]) for pattern in LINKS for each in pattern.finditer(prose)]
    return [
        (text.count("\n", 0, at) + 1, target) for at, target in sorted(found) if not ELSEWHERE.match(target)
    ]


def anchors(text: str) -> set[str]:
    """Name the anchors of a page, as GitHub makes them of its headings."""
    told, seen = set(NAMED.findall(text)), Counter[str]()
    for heading in HEADING.findall(_blank(FENCED, text)):
        words = LINK_TEXT.sub(r"\1", heading).replace("`", "")
        slug = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
        told.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
        seen[slug] += 1
    return told


def _wrong(root: Path, page: Path, target: str) -> str | None:
    path, _, anchor = target.partition("#")
    there = (page.parent / unquote(path)).resolve() if path else page
    if not there.is_relative_to(root.resolve()) and path:
        return "leads out of the repository"
    if not there.exists():
        return "there is no such file"
    if anchor and there.suffix == ".md" and unquote(anchor) not in _anchors_in(there):
        return f"{there.name} has no such heading"
    return None


@cache
def _anchors_in(path: Path) -> frozenset[str]:
    return frozenset(anchors(path.read_text()))


def _blank(pattern: re.Pattern[str], text: str) -> str:
    """Put nothing in the place of what a pattern finds, and keep all else where it is."""
    return pattern.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)

"""What commands print: words for people on either stream, JSON for programs on standard output alone."""

import dataclasses
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from datetime import datetime
from typing import Any, Final

from rich.console import Console
from rich.segment import Segment, Segments

from runrelay.progress import console
from runrelay.terminal import harmless

__all__ = [
    "as_json",
    "aside",
    "columns",
    "console",
    "print_json",
    "prints_aside",
    "say",
    "say_aside",
    "words_aside",
]

OUT: Final = 1
ERR: Final = 2

aside = Console(stderr=True, highlight=False)
"""What is said beside the answer: errors, progress, questions."""


def say(words: str, *, style: str = "") -> None:
    """Print words as they are, in one line, however long; only what would steer a terminal is left out."""
    _print(console, words, style)


def say_aside(words: str, *, style: str = "") -> None:
    """Print words beside the answer, as `say` does."""
    _print(aside, words, style)


def _print(where: Console, words: str, style: str) -> None:
    """Print a segment, whose tabs and `:names:` of emoji stay what they are."""
    where.print(Segments([Segment(f"{harmless(words)}\n")]), style=style, soft_wrap=True)


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Write a table, as wide as it is: what reads it may cut it."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]


@contextmanager
def words_aside(*, when: bool) -> Iterator[None]:
    """Say beside the answer what is said in the block, where the answer is JSON."""
    console.stderr = when
    try:
        yield
    finally:
        console.stderr = False


@contextmanager
def prints_aside() -> Iterator[None]:
    """Have all that is printed in the block, by a process that it starts as well, go beside the answer."""
    sys.stdout.flush()
    answers = os.dup(OUT)
    os.dup2(ERR, OUT)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        sys.stderr.flush()
        os.dup2(answers, OUT)
        os.close(answers)


def print_json(answer: object) -> None:
    """Print a result of the client's, or any JSON, as a document of its own, in ASCII: no encoding fails."""
    say(json.dumps(as_json(answer)))


def as_json(value: Any) -> Any:  # noqa: ANN401 - any result
    """Give a result of the client's as JSON has it, by the API's names."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {each.name: as_json(getattr(value, each.name)) for each in dataclasses.fields(value)}
    match value:
        case datetime():
            return value.isoformat()
        case Mapping():
            return {str(name): as_json(each) for name, each in value.items()}
        case list() | tuple():
            return [as_json(each) for each in value]
        case _:
            return value

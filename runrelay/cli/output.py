"""What commands print: words for people on either stream, JSON for programs on standard output alone."""

import dataclasses
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from rich.console import Console

from runrelay.progress import console

__all__ = ["as_json", "aside", "console", "print_json", "say", "words_aside"]

aside = Console(stderr=True, highlight=False)
"""What is said beside the answer: errors, progress, questions."""


def say(words: str, *, style: str = "") -> None:
    """Print words as they are, in one line, however long."""
    console.print(words, style=style, markup=False, soft_wrap=True)


@contextmanager
def words_aside(*, when: bool) -> Iterator[None]:
    """Say beside the answer what is said in the block, where the answer is JSON."""
    console.stderr = when
    try:
        yield
    finally:
        console.stderr = False


def print_json(answer: object) -> None:
    """Print a result of the client's, or any JSON, as a document of its own."""
    console.print(json.dumps(as_json(answer), ensure_ascii=False), markup=False, soft_wrap=True)


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

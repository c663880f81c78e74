"""What people type, read: a text or the file that holds it, JSON, moments, pairs."""

import json
import re
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import typer

BYTE_ORDER_MARK: Final = "\ufeff"
RUN_ID: Final = "run_"
UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}
AGO: Final = re.compile(r"(\d+)([mhd])")


def run_id_of(given: str) -> str:
    """Take a run's id, which begins with `run_`; what else it has to be, the API says.

    Raises:
        BadParameter: It is the id of something else.
    """
    if not given.startswith(RUN_ID):
        whose = "a call's" if given.startswith("call_") else "no run's"
        raise typer.BadParameter(f"{given} is {whose} id: a run's begins with {RUN_ID}")
    return given


def text_of(given: str) -> str:
    """Give a text: as it is, or from standard input (`-`), or from a file (its path, or `@` before it).

    A file may be a pipe, as a shell makes one of `<(...)`, and may begin with a byte order mark.

    Raises:
        BadParameter: There is no such file, or no text in it.
    """
    if given == "-":
        return _read(sys.stdin.read, "standard input").removeprefix(BYTE_ORDER_MARK)
    path = Path(given.removeprefix("@"))
    if not given.startswith("@") and not _is_readable(path):
        return given
    return _read(path.read_text, path).removeprefix(BYTE_ORDER_MARK)


def _is_readable(path: Path) -> bool:
    """Say whether a text is the path of what can be read; one may be too long to be any."""
    try:
        return path.exists() and not path.is_dir()
    except OSError:
        return False


def _read(read: Callable[[], str], what: object) -> str:
    try:
        return read()
    except OSError as error:
        raise typer.BadParameter(f"{what} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise typer.BadParameter(f"{what} is no text") from error


def document_of(words: str) -> object:
    """Read JSON, which knows no NaN.

    Raises:
        BadParameter: It is none.
    """
    try:
        return json.loads(words, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise typer.BadParameter(f"that is no JSON: {error}") from error


def _refuse(word: str) -> None:
    raise ValueError(f"it knows no {word}")


def object_of(given: str) -> dict[str, Any]:
    """Give a JSON object, from a text or a file as `text_of` reads it.

    Raises:
        BadParameter: It is none.
    """
    document = document_of(text_of(given))
    if not isinstance(document, dict):
        raise typer.BadParameter("that is no JSON object")
    return document


def moment_of(given: str) -> datetime:
    """Read a moment (`2026-11-21T09:30:00Z`, `2026-11-21`), or how long ago it was (`30m`, `2h`, `7d`).

    Raises:
        BadParameter: It is neither.
    """
    try:
        if ago := AGO.fullmatch(given):
            return datetime.now(UTC) - timedelta(**{UNITS[ago[2]]: int(ago[1])})
        moment = datetime.fromisoformat(given)
        return moment if moment.tzinfo else moment.astimezone()  # in the year 1 or 9999 that overflows
    except (ValueError, OverflowError) as error:
        raise typer.BadParameter("a moment is 2026-11-21T09:30:00Z, or 2h for two hours ago") from error


def pairs_of(given: Iterable[str]) -> dict[str, str]:
    """Read several `NAME=VALUE`, each name once.

    Raises:
        BadParameter: One has no `=`, or a name comes twice.
    """
    pairs: dict[str, str] = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not equals or not name:
            raise typer.BadParameter(f"{each!r} is not NAME=VALUE")
        if name in pairs:
            raise typer.BadParameter(f"{name} is said twice")
        pairs[name] = value
    return pairs

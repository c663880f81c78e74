"""What must not be told of a tool that failed: the secrets that its process knows, whatever form they have.

A tool's errors and its traceback are for people, and kept as long as the run. They may quote a URL with a
token in it, or a header with a password. Known are the values of environment variables that are named like
credentials, what was read through the functions of Powertools Parameters, and what somebody had remembered.
A tool runs in a process of its own, so its words are masked there: what it has read, it alone knows.
"""

import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from functions.tools.written_forms import may_be_in, pattern_of

MASK = "***"

MIN_CHARACTERS = 8
"""Of a secret. Less may be any word."""

_CREDENTIAL = re.compile(r"KEY|SECRET|TOKEN|PASSWORD", re.IGNORECASE)

_PARAMETERS = "aws_lambda_powertools.utilities.parameters.constants"

_remembered: set[str] = set()


def keep_secret(secret: Any) -> None:  # noqa: ANN401 - a text, or a document of them
    """Have a secret masked from now on, here and in processes that start later; of a document, each value."""
    _remembered.update(_texts(secret))


def mask(text: str) -> str:
    """Give a text without the secrets that this process knows."""
    secrets = sorted({each for each in _secrets() if may_be_in(text, each)}, key=len, reverse=True)
    return re.sub("|".join(map(pattern_of, secrets)), MASK, text) if secrets else text


def _secrets() -> Iterator[str]:
    """Give what is known now; a value may be a document, of which each text is a secret."""
    yield from _remembered
    for name, value in os.environ.items():
        if _CREDENTIAL.search(name):
            yield from _texts(value)
    for value in _read_parameters():
        yield from _texts(value)


def _read_parameters() -> Iterator[Any]:
    """Give what Powertools keeps of what it has read, if it has read anything."""
    providers: Mapping[str, Any] = getattr(sys.modules.get(_PARAMETERS), "DEFAULT_PROVIDERS", {})
    for provider in providers.values():
        yield from (kept.value for kept in list(provider.store.values()))


def _texts(value: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON
    """Give a value's texts and numbers that are long enough: it, and those in it if it is a document."""
    match value:
        case bytes():
            yield from _texts(value.decode("utf-8", "replace"))
        case str():
            if len(value.strip()) >= MIN_CHARACTERS:
                yield value.strip()
                yield from _texts(_document(value))
        case int() | float():
            yield from _texts(str(value))
        case Mapping():
            yield from _each(value.values())
        case list() | tuple():
            yield from _each(value)


def _each(values: Iterable[Any]) -> Iterator[str]:
    for value in values:
        yield from _texts(value)


def _document(text: str) -> Any:  # noqa: ANN401 - any JSON
    """Read a text that may be a document; or part it into its lines, one of which may be shown alone."""
    try:
        document = json.loads(text, parse_int=str, parse_float=str)  # as they are written there
    except (ValueError, RecursionError):
        document = None
    if isinstance(document, dict | list):
        return document
    lines = text.split("\n")
    return lines if len(lines) > 1 else None

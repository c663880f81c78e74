"""Secrets by their names, kept for a while.

A call runs in a process of its own, and whatever that one reads is forgotten with it. So what the modules of
tools have declared is read by the function itself before it runs a call, which finds it in its memory.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from functions.tools.masking import keep_secret

type Source = Callable[[str, int], str]
"""Gives a secret by its name, not older than so many seconds."""

SECONDS_TO_READ_AHEAD = 3
"""Then no further secret is read ahead; a call that needs it reads it itself, in its own time."""


def _nowhere(name: str, _: int) -> str:
    raise LookupError(
        f"nobody gives the secret {name} here: in a test, `runrelay.testing.given_secrets` does"
    )


_sources: list[Source] = [_nowhere]
"""The last one is asked."""

_declared: dict["Secret", None] = {}


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret of AWS Secrets Manager, declared where a module begins: `SHOP_KEY = Secret("acme/shop-key")`.

    Attributes:
        name: Its name or its ARN; `permissions.yaml` has to allow `secretsmanager:GetSecretValue` on it.
        max_age: Seconds after which it is read again.
    """

    name: str
    max_age: int = 300

    def __post_init__(self) -> None:
        _declared[self] = None

    @property
    def value(self) -> str:
        """What it says now; read it where it is needed, and not when the module is imported.

        No error of a tool is told with it.
        """
        value = _sources[-1](self.name, self.max_age)
        keep_secret(value)
        return value


def read_from(source: Source) -> None:
    """Take secrets from here, until `read_from_before`."""
    _sources.append(source)


def read_from_before() -> None:
    """Take secrets from where they came before."""
    _sources.pop()


def read_ahead() -> None:
    """Have the source know all that is declared; what it cannot read, the call that needs it is told of."""
    ends_at = time.monotonic() + SECONDS_TO_READ_AHEAD
    for secret in _declared:
        if time.monotonic() >= ends_at:
            return
        with suppress(Exception):
            _ = secret.value

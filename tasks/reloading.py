"""A team's folder on a stack that runs, put there again and again: each time the least that it takes."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from runrelay.command_line import CommandError
from runrelay.progress import console
from runrelay.reach import Where, reaching
from runrelay.stack import Stack
from tasks import package
from tasks.local_stack import LocalStack
from tasks.renewal import Renewal
from tasks.team import build
from tasks.telling import Telling


class Reloading:
    """What a stack runs of a folder, as far as this process has put it there.

    Attributes:
        tools: Their names, each with a digest.
    """

    def __init__(self, local_stack: LocalStack, stack: Stack, where: Where, telling: Telling) -> None:
        self.tools: dict[str, str] = {}
        self._local_stack = local_stack
        self._stack = stack
        self._where = where
        self._telling = telling
        self._renewal = Renewal(stack.aws_endpoint_url)
        self._deployed: dict[str, Any] = {}
        self._is_behind = False

    def is_up(self) -> bool:
        """Say whether it is still the stack that was there in the beginning."""
        return self._local_stack.running() == self._stack

    def remember(self) -> None:
        """Take it that the stack runs what is built."""
        with self._local_stack.built() as template:
            self.tools, self._deployed = build.tools_of(template), _resources(template.read_text())

    def reload(self, *, shows_steps: bool) -> None:
        """Put the folder as it is now on the stack, and say what became of it."""
        started = time.monotonic()
        before = self.tools
        try:
            with nullcontext() if shows_steps else _hushed(), reaching(self._where):
                did = self._put()
        except (CommandError, OSError) as error:  # a file may go while it is read
            self._is_behind = True
            self._telling.refused(str(error).splitlines())
            return
        if did:
            self._telling.changed(did, time.monotonic() - started, before, self.tools)
        elif self._is_behind:
            self._telling.mended()
        self._is_behind = False

    def introduce(self, folder: Path, option: str, *, stops_stack: bool) -> None:
        """Say what is up, and what to do with it."""
        self._telling.up(self._stack, folder, sorted(self.tools), option, stops_stack=stops_stack)

    def drop_left(self) -> None:
        """Remove the code that nothing runs any more."""
        with reaching(self._where):
            self._renewal.drop_left()

    def _put(self) -> str | None:
        """Put on the stack what it does not run, and say how; None if it runs all of it."""
        with self._local_stack.built() as template:
            resources = _resources(template.read_text())
            is_deployed = resources == self._deployed
            if is_deployed:
                did = "reloaded" if self._renewal.renew(package.packed(template)) else None
            else:
                self._local_stack.update(self._stack)
                did = "deployed"
            self.tools, self._deployed = build.tools_of(template), resources
        return did


def _resources(template: str) -> dict[str, Any]:
    """Read what a deploy is about; the parameters' values stay as they are."""
    resources: dict[str, Any] = json.loads(template)["Resources"]
    return resources


@contextmanager
def _hushed() -> Iterator[None]:
    """Have nobody tell of steps."""
    console.quiet = True
    try:
        yield
    finally:
        console.quiet = False

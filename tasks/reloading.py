"""A team's folder on a stack that runs, put there again and again: each time the least that it takes."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from runrelay.cli.output import say
from runrelay.command_line import CommandError
from runrelay.progress import console
from runrelay.reach import Where, reaching
from runrelay.stack import Stack
from tasks import package
from tasks.local_stack import LocalStack
from tasks.renewal import Renewal
from tasks.team import build


class Reloading:
    """What a stack runs of a folder, as far as this process has put it there.

    Attributes:
        tools: Their names, each with a digest.
    """

    def __init__(self, local_stack: LocalStack, stack: Stack, where: Where) -> None:
        self.tools: dict[str, str] = {}
        self._local_stack = local_stack
        self._stack = stack
        self._where = where
        self._renewal = Renewal(stack.aws_endpoint_url)
        self._deployed: dict[str, Any] = {}
        self._is_behind = False

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
            say(str(error), style="red")
            say("The stack runs the tools as they were.")
            return
        if did:
            seconds = time.monotonic() - started
            say(f"{did} in {seconds:.1f} s: {_what_changed(before, self.tools)}", style="green")
        elif self._is_behind:
            say("mended: the stack runs the tools as they are.", style="green")
        self._is_behind = False

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


def _what_changed(before: dict[str, str], after: dict[str, str]) -> str:
    """Name the tools that changed; all of them, if it is a module that they share."""
    changed = sorted(name for name in after if before.get(name) != after[name])
    gone = ", ".join(sorted(before.keys() - after.keys()))
    names = ", ".join(changed or ([] if gone else sorted(after)))
    return "; ".join(filter(None, [names, gone and f"gone: {gone}"])) or "no tools"


@contextmanager
def _hushed() -> Iterator[None]:
    """Have nobody tell of steps."""
    console.quiet = True
    try:
        yield
    finally:
        console.quiet = False

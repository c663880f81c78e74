"""Where the show is seen: lines that stay, and on a terminal a last line that lives."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from rich.console import RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from runrelay.progress import console


def say(*lines: Text | str) -> None:
    """Show lines; on a terminal each stays on a row of its own."""
    for line in lines:
        if console.is_terminal:
            console.print(line, no_wrap=True, overflow="ellipsis")
        else:
            console.print(line, soft_wrap=True)


class Now:
    """The last line: what goes on at this moment, and for how long it has."""

    def __init__(self) -> None:
        self._spinner = Spinner("dots", style="cyan")
        self._doing = ""
        self._since = time.monotonic()

    def shows(self, doing: str) -> None:
        """Change the line; the same words again let its clock run on."""
        if doing != self._doing:
            self._doing, self._since = doing, time.monotonic()

    def __call__(self) -> RenderableType:
        seconds = time.monotonic() - self._since
        self._spinner.update(text=Text(f"{seconds:4.1f} s  {self._doing}", style="dim"))
        return self._spinner


@contextmanager
def now() -> Iterator[Now]:
    """Keep a last line up to date for as long as the block runs; elsewhere than on a terminal, nothing."""
    line = Now()
    live = Live(get_renderable=line, console=console, transient=True, refresh_per_second=12)
    with live if console.is_terminal else nullcontext():
        yield line

"""Show what long work is doing and for how long: a spinner on a terminal, plain lines elsewhere."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from threading import Event, Thread
from typing import Final

from rich.console import Console
from rich.progress import Progress, ProgressColumn, SpinnerColumn, Task, TextColumn, TimeElapsedColumn
from rich.text import Text

console = Console(highlight=False)

SECONDS_BETWEEN_LINES: Final = 15
"""How long nothing is said where there is no spinner."""

type SoFar = Callable[[], str]


@contextmanager
def step(doing: str, so_far: SoFar = str) -> Iterator[None]:
    """Show one step of long work, then how long it took; a step that raises is shown as failed.

    Args:
        so_far: Says how far it is, such as `3 of 8`; asked from time to time, from another thread.
    """
    started = time.monotonic()
    mark = "[red]✗[/]"
    try:
        with _spinner(doing, so_far) if console.is_terminal else _lines(doing, so_far, started):
            yield
        mark = "[green]✓[/]"
    finally:
        console.print(f"{mark} {doing} [dim]{time.monotonic() - started:.1f} s[/]")


def steps[T](doing: str, things: Sequence[T]) -> Iterator[T]:
    """Go through things as one step of long work, and show how many are done."""
    done = 0
    with step(doing, lambda: f"{done} of {len(things)}"):
        for thing in things:
            yield thing
            done += 1


def _spinner(doing: str, so_far: SoFar) -> AbstractContextManager[object]:
    columns = SpinnerColumn(), TextColumn("{task.description}"), _SoFarColumn(so_far), TimeElapsedColumn()
    spinner = Progress(*columns, console=console, transient=True)
    spinner.add_task(doing, total=None)
    return spinner


@contextmanager
def doing(*, is_shown: bool) -> Iterator[Callable[[str], object]]:
    """Show what goes on in one line below all that `console` prints; gives what is called when it changes.

    Nothing but a terminal has such a line, and only this console knows where it is.
    """
    if not is_shown or not console.is_terminal:
        yield lambda _: None
        return
    columns = SpinnerColumn(), TextColumn("{task.description}", markup=False)
    with Progress(*columns, console=console, transient=True) as spinner:
        task = spinner.add_task("", total=None)
        yield lambda words: spinner.update(task, description=words)


class _SoFarColumn(ProgressColumn):
    """How far the only task is."""

    def __init__(self, so_far: SoFar) -> None:
        super().__init__()
        self._so_far = so_far

    def render(self, task: Task) -> Text:  # noqa: ARG002 - Rich's signature
        return Text(self._so_far())


@contextmanager
def _lines(doing: str, so_far: SoFar, started: float) -> Iterator[None]:
    console.print(f"{doing} ...")
    is_over = Event()

    def go_on() -> None:
        while not is_over.wait(SECONDS_BETWEEN_LINES):
            words = ", ".join(filter(None, (f"{time.monotonic() - started:.0f} s", so_far())))
            console.print(f"  {words} ...")

    telling = Thread(target=go_on, daemon=True)
    telling.start()
    try:
        yield
    finally:
        is_over.set()
        telling.join()

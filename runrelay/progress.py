"""Show what long work is doing and for how long: a spinner on a terminal, plain lines elsewhere."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

console = Console(highlight=False)


@contextmanager
def step(doing: str) -> Iterator[None]:
    """Show one step of long work, then how long it took; a step that raises is shown as failed."""
    started = time.monotonic()
    if not console.is_terminal:
        console.print(f"{doing} ...")
    mark = "[red]✗[/]"
    try:
        with _spinner(doing) if console.is_terminal else nullcontext():
            yield
        mark = "[green]✓[/]"
    finally:
        console.print(f"{mark} {doing} [dim]{time.monotonic() - started:.1f} s[/]")


def _spinner(doing: str) -> Progress:
    columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
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

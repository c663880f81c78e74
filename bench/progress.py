"""Progress of long work that is counted: a bar on a terminal, a line now and then elsewhere."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from runrelay.progress import console

SECONDS_BETWEEN_LINES = 15


@contextmanager
def counted(doing: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show how far work has come; hand over what is told how much is done."""
    started = told = time.monotonic()
    if console.is_terminal:
        columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
        with Progress(*columns, console=console, transient=True) as progress:
            task = progress.add_task(doing, total=total)
            yield lambda done: progress.update(task, completed=done)
    else:

        def tell(done: int) -> None:
            nonlocal told
            if time.monotonic() - told > SECONDS_BETWEEN_LINES:
                told = time.monotonic()
                console.print(f"{doing}: {done} of {total}")

        yield tell
    console.print(f"[green]✓[/] {doing} [dim]{time.monotonic() - started:.1f} s[/]")

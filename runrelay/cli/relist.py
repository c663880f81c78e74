"""`runrelay relist`."""

from typing import Final

from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from runrelay import relist as relisting
from runrelay.cli.options import Directory, Json, Stack
from runrelay.cli.output import console, print_json, say, words_aside
from runrelay.reach import Where, reach, reaching

TABLE: Final = "TableName"


def relist(*, json: Json = False, stack: Stack = None, directory: Directory = None) -> None:
    """List again, by kind and status, the runs that a release wrote which knows no such lists."""
    where = Where.said(stack, directory)
    columns = SpinnerColumn(), TextColumn("{task.completed} runs"), TimeElapsedColumn()
    with (
        reaching(where),
        words_aside(when=json),
        Progress(*columns, console=console, transient=True) as progress,
    ):
        there = reach(where)
        table = there.deployed(TABLE).outputs[TABLE]
        seen = progress.add_task("runs", total=None)
        relisted = 0
        for is_new in relisting.relist(there.client("dynamodb"), table):
            relisted += is_new
            progress.advance(seen)
    if json:
        print_json({"relisted": relisted})
    else:
        say(f"{relisted} runs are in the lists by kind and status that were in none, or in another.")

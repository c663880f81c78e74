"""`runrelay relist`."""

from typing import Final

from runrelay import relist as relisting
from runrelay.cli.options import Directory, Json, Stack
from runrelay.cli.output import print_json, say
from runrelay.progress import doing
from runrelay.reach import Where, reach, reaching

TABLE: Final = "TableName"


def relist(*, json: Json = False, stack: Stack = None, directory: Directory = None) -> None:
    """List again, by kind and status, the runs that a release wrote which knows no such lists."""
    where = Where.said(stack, directory)
    with reaching(where), doing(is_shown=not json) as say_doing:
        there = reach(where)
        table = there.deployed(TABLE).outputs[TABLE]
        relisted = 0
        for seen, is_new in enumerate(relisting.relist(there.client("dynamodb"), table), 1):
            relisted += is_new
            say_doing(f"{seen} runs")
    if json:
        print_json({"relisted": relisted})
    else:
        say(f"{relisted} runs are in the lists by kind and status that were in none, or in another.")

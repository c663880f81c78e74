"""`runrelay logs`."""

from typing import Annotated, Final

import typer

from runrelay.cli.options import Directory, Json, Stack
from runrelay.logs import command
from runrelay.reach import Where

MOST_HOURS: Final = 24 * 366 * 10
"""CloudWatch keeps a line for ten years at most."""

Id = Annotated[str, typer.Argument(metavar="ID", help="Of a run, a call, a webhook, or an SQS message.")]
Hours = Annotated[float, typer.Option(min=0, max=MOST_HOURS, help="How far back to look.")]


def logs(
    about: Id, *, hours: Hours = 24 * 14, json: Json = False, stack: Stack = None, directory: Directory = None
) -> None:
    """Show every log line about a run, or what else an id names: a call, a webhook, a dead letter."""
    where = Where.said(stack, directory)
    raise typer.Exit(command.run(where, about, hours=hours, json=json))

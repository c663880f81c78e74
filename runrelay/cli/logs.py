"""`runrelay logs`."""

import argparse
from typing import Annotated

import typer

from runrelay.cli.options import Directory, Json, Stack, Where
from runrelay.logs import command

Id = Annotated[str, typer.Argument(metavar="ID", help="Of a run, a call, a webhook, or an SQS message.")]
Hours = Annotated[float, typer.Option(help="How far back to look.")]


def logs(
    about: Id, *, hours: Hours = 24 * 14, json: Json = False, stack: Stack = None, directory: Directory = None
) -> None:
    """Show every log line about a run, or what else an id names: a call, a webhook, a dead letter."""
    where = Where.said(stack, directory)
    raise typer.Exit(
        command.run(
            argparse.Namespace(
                id=about,
                hours=hours,
                json=json,
                stack_name=where.stack_name,
                directory=where.directory,
            )
        )
    )

"""`runrelay dlq`: dead letters."""

import argparse
from typing import Annotated, Literal

import typer

from runrelay.cli.app import group
from runrelay.cli.options import Directory, Stack, Where
from runrelay.dlq import command

app = group("Look at dead letters, and redrive them: put them back on the queues they came from.")

Queue = Annotated[Literal["run", "tool"] | None, typer.Option(help="Only this dead-letter queue.")]
MessageIds = Annotated[
    list[str] | None, typer.Option("--message-id", metavar="ID", help="Only this letter; repeatable.")
]


def _go(  # noqa: PLR0913
    action: str,
    stack: str | None,
    directory: Directory,
    *,
    queue: str | None,
    message_ids: list[str] | None,
    dry_run: bool = False,
    unreadable: bool = False,
    ended: bool = False,
) -> None:
    where = Where.said(stack, directory)
    raise typer.Exit(
        command.run(
            argparse.Namespace(
                action=action,
                queue=queue,
                message_id=message_ids or [],
                dry_run=dry_run,
                unreadable=unreadable,
                ended=ended,
                stack_name=where.stack_name,
                directory=where.directory,
            )
        )
    )


@app.command("list", help=command.LIST)
def list_letters(
    queue: Queue = None, message_id: MessageIds = None, stack: Stack = None, directory: Directory = None
) -> None:
    _go("list", stack, directory, queue=queue, message_ids=message_id)


@app.command(help=command.REDRIVE)
def redrive(  # noqa: PLR0913 - each an option
    *,
    queue: Queue = None,
    message_id: MessageIds = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what redriving would do.")] = False,
    unreadable: Annotated[
        bool,
        typer.Option("--unreadable", help="Also messages that this version cannot read, as they are."),
    ] = False,
    ended: Annotated[
        bool, typer.Option("--ended", help="Also calls whose tool would run after its run ended.")
    ] = False,
    stack: Stack = None,
    directory: Directory = None,
) -> None:
    _go(
        "redrive",
        stack,
        directory,
        queue=queue,
        message_ids=message_id,
        dry_run=dry_run,
        unreadable=unreadable,
        ended=ended,
    )

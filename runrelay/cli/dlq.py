"""`runrelay dlq`: dead letters."""

from typing import Annotated, Literal

import typer

from runrelay.cli.app import group
from runrelay.cli.options import Directory, Stack
from runrelay.dlq import command
from runrelay.reach import Where

app = group("Look at dead letters, and redrive them: put them back on the queues they came from.")

Queue = Annotated[Literal["run", "tool"] | None, typer.Option(help="Only this dead-letter queue.")]
MessageIds = Annotated[
    list[str] | None, typer.Option("--message-id", metavar="ID", help="Only this letter; repeatable.")
]


@app.command("list", help=command.LIST)
def list_letters(
    queue: Queue = None, message_id: MessageIds = None, stack: Stack = None, directory: Directory = None
) -> None:
    where = Where.said(stack, directory)
    raise typer.Exit(command.list_letters(where, queue=queue, message_ids=message_id or []))


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
    raise typer.Exit(
        command.redrive(
            Where.said(stack, directory),
            queue=queue,
            message_ids=message_id or [],
            with_unreadable=unreadable,
            with_ended=ended,
            is_dry=dry_run,
        )
    )

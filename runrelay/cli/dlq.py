"""`runrelay dlq`: dead letters."""

import sys
from typing import Annotated, Literal

import typer

from runrelay.cli.app import group
from runrelay.cli.options import Directory, Json, Stack
from runrelay.cli.output import print_json, say
from runrelay.command_line import CommandError
from runrelay.dlq import command
from runrelay.dlq.contents import body_lines, facts, letters, run_words, whole
from runrelay.dlq.report import counted
from runrelay.reach import Where

app = group("Look at dead letters, put them back on the queues they came from, or drop them.")

Queue = Annotated[Literal["run", "tool"] | None, typer.Option(help="Only this dead-letter queue.")]
MessageIds = Annotated[
    list[str] | None, typer.Option("--message-id", metavar="ID", help="Only this letter; repeatable.")
]


@app.command("list", help=command.LIST)
def list_letters(
    *,
    queue: Queue = None,
    message_id: MessageIds = None,
    json: Json = False,
    stack: Stack = None,
    directory: Directory = None,
) -> None:
    where = Where.said(stack, directory)
    if not json:
        raise typer.Exit(command.list_letters(where, queue=queue, message_ids=message_id or []))
    with command.reached(where) as target:
        found, is_good = letters(target, command.queues_of(target, queue), message_id or [])
    print_json([facts(each) for each in found])
    raise typer.Exit(0 if is_good else 1)


@app.command(help=command.SHOW)
def show(
    message_id: Annotated[str, typer.Argument(metavar="MESSAGE_ID")],
    *,
    json: Json = False,
    stack: Stack = None,
    directory: Directory = None,
) -> None:
    where = Where.said(stack, directory)
    with command.reached(where) as target:
        found, _ = letters(target, target.queues, [message_id])
        if not found:
            raise CommandError(f"No dead letter {message_id} was found.\n  runrelay dlq list{where.option}")
        letter = whole(target, found[0])
    if json:
        print_json(letter)
        return
    say(f"{letter['message_id']}  {letter['queue']}  sent {letter['sent_at']}  {letter['about']}")
    say(run_words(letter["run"]))
    for line in body_lines(letter["body"]):
        say(line)


@app.command(help=command.DROP)
def drop(  # noqa: PLR0913 - each an option
    message_ids: Annotated[
        list[str] | None, typer.Argument(metavar="MESSAGE_ID", help="Which letters.", show_default=False)
    ] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="Every dead letter.")] = False,
    queue: Queue = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    json: Json = False,
    stack: Stack = None,
    directory: Directory = None,
) -> None:
    named = message_ids or []
    if bool(named) is every:
        raise CommandError("Name the letters, or say --all.")
    _confirm("every dead letter" if every else counted(len(named)), is_sure=yes)
    raise typer.Exit(command.drop(Where.said(stack, directory), queue=queue, message_ids=named, json=json))


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
    json: Json = False,
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
            json=json,
        )
    )


def _confirm(what: str, *, is_sure: bool) -> None:
    """Ask whether letters may go, unless that was said.

    Raises:
        CommandError: They may not, or there is nobody to ask.
    """
    if is_sure:
        return
    if not sys.stdin.isatty():
        raise CommandError(f"This deletes {what} for good: say --yes.")
    if not typer.confirm(f"Delete {what} for good?", err=True):
        raise CommandError("Nothing was deleted.")

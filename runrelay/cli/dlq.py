"""`runrelay dlq`: dead letters."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Literal, NoReturn

import typer

from runrelay.cli.app import group
from runrelay.cli.options import Directory, Json, Stack, Where
from runrelay.cli.output import print_json, say
from runrelay.command_line import CommandError
from runrelay.dlq import command
from runrelay.dlq.contents import body_lines, dropping, facts, letters, run_words, whole
from runrelay.dlq.holding import DeadLetterQueue
from runrelay.dlq.report import counted
from runrelay.dlq.target import Target
from runrelay.dlq.tour import tour
from runrelay.reach import reaching

app = group("Look at dead letters, put them back on the queues they came from, or drop them.")

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
) -> NoReturn:
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
    *,
    queue: Queue = None,
    message_id: MessageIds = None,
    json: Json = False,
    stack: Stack = None,
    directory: Directory = None,
) -> None:
    if not json:
        _go("list", stack, directory, queue=queue, message_ids=message_id)
    with _reached(stack, directory) as target:
        found, is_good = letters(target, _queues(target, queue), message_id or [])
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
    with _reached(stack, directory) as target:
        found, _ = letters(target, target.queues, [message_id])
        if not found:
            raise CommandError(f"No dead letter {message_id} was found.")
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
    message_ids: Annotated[list[str] | None, typer.Argument(metavar="[MESSAGE_ID]...")] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="Every dead letter.")] = False,
    queue: Queue = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    stack: Stack = None,
    directory: Directory = None,
) -> None:
    named = message_ids or []
    if bool(named) is every:
        raise CommandError("Name the letters, or say --all.")
    with _reached(stack, directory) as target:
        _confirm("every dead letter" if every else counted(len(named)), is_sure=yes)
        queues = _queues(target, queue)
        result = tour(target, dropping(), queues=queues, message_ids=frozenset(named))
    raise typer.Exit(0 if result.is_good else 1)


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


@contextmanager
def _reached(stack: str | None, directory: Directory) -> Iterator[Target]:
    where = Where.said(stack, directory)
    named = argparse.Namespace(stack_name=where.stack_name, directory=where.directory)
    with reaching(named):
        yield command.target_of(named)


def _queues(target: Target, name: str | None) -> tuple[DeadLetterQueue, ...]:
    return tuple(each for each in target.queues if name in (None, each.name))


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

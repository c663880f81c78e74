"""`runrelay webhook`: the endpoint at OpenAI."""

from pathlib import Path
from typing import Annotated

import typer

from runrelay.cli.app import group
from runrelay.cli.options import Directory, Stack
from runrelay.reach import Where
from runrelay.webhook import command

app = group("Register the webhook endpoint at OpenAI, rotate its signing secret, show it, or delete it.")


def _act(action: str, stack: str | None, directory: Path | None) -> None:
    raise typer.Exit(command.run(Where.said(stack, directory), action))


@app.command(help=command.ACTIONS["register"])
def register(stack: Stack = None, directory: Directory = None) -> None:
    _act("register", stack, directory)


@app.command(help=command.ACTIONS["rotate"])
def rotate(
    at_once: Annotated[
        bool, typer.Option(help="The old secret was stolen: believe it no more, and let webhooks come again.")
    ] = False,
    stack: Stack = None,
    directory: Directory = None,
) -> None:
    _act("replace" if at_once else "rotate", stack, directory)


@app.command(help=command.ACTIONS["show"])
def show(stack: Stack = None, directory: Directory = None) -> None:
    _act("show", stack, directory)


@app.command(help=command.ACTIONS["delete"])
def delete(stack: Stack = None, directory: Directory = None) -> None:
    _act("delete", stack, directory)

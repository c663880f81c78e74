"""`runrelay webhook`: the endpoint at OpenAI."""

from pathlib import Path
from typing import Annotated

import typer

from runrelay.cli.app import group
from runrelay.cli.inputs import object_of
from runrelay.cli.options import Directory, Json, Stack
from runrelay.reach import DIRECTORY, STACK, Where
from runrelay.webhook import command

app = group(
    "Register the webhook endpoint at OpenAI, test it, rotate its signing secret, show it, or delete it."
)


def _act(action: str, stack: str | None, directory: Path | None, *, json: bool) -> None:
    raise typer.Exit(command.run(Where.said(stack, directory), action, json=json))


@app.command(help=command.ACTIONS["register"])
def register(json: Json = False, stack: Stack = None, directory: Directory = None) -> None:
    _act("register", stack, directory, json=json)


@app.command("test", help=command.ACTIONS["test"])
def have_tested(json: Json = False, stack: Stack = None, directory: Directory = None) -> None:
    _act("test", stack, directory, json=json)


@app.command()
def send(  # noqa: PLR0913 - each an option
    event_type: Annotated[str, typer.Argument(metavar="TYPE", help="Such as response.completed.")],
    *,
    about: Annotated[
        str | None, typer.Option("--id", metavar="ID", help="Of what it is about: data.id of the event.")
    ] = None,
    data: Annotated[
        str | None, typer.Option(metavar="JSON|FILE", help="The data of the event, beside its id.")
    ] = None,
    json: Json = False,
    stack: Stack = None,
    directory: Directory = None,
) -> None:
    """Sign an event with the stack's secret, as OpenAI would, and post it to the stack: for trying things."""
    told = (object_of(data) if data else {}) | ({"id": about} if about else {})
    raise typer.Exit(command.send(Where.said(stack, directory), event_type, told, json=json))


@app.command()
def listen(
    json: Json = False,
    stack: Annotated[
        str | None,
        typer.Option(
            "--stack",
            "--stack-name",
            metavar="NAME",
            envvar=STACK,
            help="The CloudFormation stack on AWS whose webhooks are wanted.",
            show_default=False,
        ),
    ] = None,
    directory: Annotated[
        Path,
        typer.Option(metavar="PATH", help="The local stack that gets them, where its stack.json is."),
    ] = DIRECTORY,
) -> None:
    """Forward OpenAI's webhooks of a deployed stack to a local one as they come, until Ctrl-C.

    EventBridge copies them to a queue that is made for this, and is gone when it ends.
    """
    raise typer.Exit(command.listen(stack, directory, json=json))


@app.command(help=command.ACTIONS["rotate"])
def rotate(
    *,
    at_once: Annotated[
        bool, typer.Option(help="The old secret was stolen: believe it no more, and let webhooks come again.")
    ] = False,
    json: Json = False,
    stack: Stack = None,
    directory: Directory = None,
) -> None:
    _act("replace" if at_once else "rotate", stack, directory, json=json)


@app.command(help=command.ACTIONS["show"])
def show(json: Json = False, stack: Stack = None, directory: Directory = None) -> None:
    _act("show", stack, directory, json=json)


@app.command(help=command.ACTIONS["delete"])
def delete(json: Json = False, stack: Stack = None, directory: Directory = None) -> None:
    _act("delete", stack, directory, json=json)

"""`runrelay console`."""

import webbrowser
from typing import Annotated

import typer

from runrelay.cli.options import Directory, Json, Stack
from runrelay.cli.output import aside, print_json, say
from runrelay.command_line import CommandError
from runrelay.reach import Where

EXTRA = ("jinja2", "markupsafe", "starlette", "uvicorn")


def console(  # noqa: PLR0913 - options
    *,
    port: Annotated[
        int,
        typer.Option(min=0, max=65_535, help="Of this machine; else any that is free.", show_default=False),
    ] = 0,
    read_only: Annotated[bool, typer.Option("--read-only", help="Refuse all that changes anything.")] = False,
    opening: Annotated[bool, typer.Option("--open", help="Open it in a browser.")] = False,
    json: Json = False,
    stack: Stack = None,
    directory: Directory = None,
) -> None:
    """Serve pages about the runs of a stack, on this machine alone: see every run, decide calls."""
    try:
        from runrelay.console import server  # noqa: PLC0415 - it needs the extra
    except ModuleNotFoundError as error:
        if error.name not in EXTRA:
            raise
        raise CommandError(
            f"{error.name} is not installed, which the console needs: pip install 'runrelay[console]'"
        ) from error
    made = server.console(Where.said(stack, directory), port=port, is_read_only=read_only)
    if json:
        print_json({"console_url": made.url})
    else:
        say(made.url)
    aside.print("Open it in a browser; Ctrl-C ends it.", style="dim", soft_wrap=True)
    if opening:
        webbrowser.open(made.url)
    made.serve()

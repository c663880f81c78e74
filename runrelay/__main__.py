"""The `runrelay` command, against a stack that is deployed, or local."""

import sys
from collections.abc import Sequence
from importlib.metadata import version
from typing import Annotated

import typer

from runrelay.cli import calls, console, cost, dev, dlq, doctor, logs, relist, runs, tools, webhook
from runrelay.cli.app import group, run
from runrelay.cli.output import say

app = group("Start runs, watch them, answer their calls, and look after a stack of Runrelay.")


def _say_version(is_asked: bool) -> None:
    if is_asked:
        say(version("runrelay"))
        raise typer.Exit


@app.callback()
def _before(
    *,
    is_version_asked: Annotated[
        bool,
        typer.Option("--version", callback=_say_version, is_eager=True, help="Say which version this is."),
    ] = False,
) -> None:
    """Take what comes before a command."""


app.add_typer(runs.app, name="runs")
app.command("inbox")(calls.inbox)
app.add_typer(calls.app, name="calls")
app.command("dev")(dev.dev)
app.command("console")(console.console)
app.command("doctor")(doctor.doctor)
app.command("cost")(cost.cost)
app.add_typer(dlq.app, name="dlq")
app.command("logs")(logs.logs)
app.add_typer(tools.app, name="tools")
app.add_typer(webhook.app, name="webhook")
app.command("relist")(relist.relist)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command."""
    return run(app, arguments)


if __name__ == "__main__":
    sys.exit(main())

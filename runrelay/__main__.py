"""The `runrelay` command, against a stack that is deployed, or local."""

import sys
from collections.abc import Sequence

from runrelay.cli import calls, console, dlq, doctor, logs, relist, runs, tools, webhook
from runrelay.cli.app import group, run

app = group("Start runs, watch them, answer their calls, and look after a stack of Runrelay.")
app.add_typer(runs.app, name="runs")
app.command("inbox")(calls.inbox)
app.add_typer(calls.app, name="calls")
app.command("console")(console.console)
app.command("doctor")(doctor.doctor)
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

"""The `runrelay` command: `python -m cli COMMAND`, or `make COMMAND`."""

import argparse
import signal
import sys
from collections.abc import Sequence
from typing import Final

from cli.command import CommandError
from cli.commands import build, catalog, demo, deploy, down, invoke, up
from cli.dlq import command as dlq
from cli.progress import console
from cli.soak import command as soak

# Each is a module whose docstring is its help, with `add_arguments(parser)` and `run(arguments)`.
COMMANDS: Final = {
    "demo": demo,
    "up": up,
    "down": down,
    "catalog": catalog,
    "build": build,
    "deploy": deploy,
    "invoke": invoke,
    "dlq": dlq,
    "soak": soak,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; an expected failure is a message, not a traceback."""
    parser = argparse.ArgumentParser(prog="python -m cli", description=__doc__)
    subparsers = parser.add_subparsers(dest="command", required=True)
    for name, module in COMMANDS.items():
        module.add_arguments(subparsers.add_parser(name, help=module.__doc__, description=module.__doc__))
    chosen = parser.parse_args(arguments)

    # Ended by a signal, a command still stops what it started.
    for word in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(word, lambda number, _: sys.exit(128 + number))
    try:
        status: int = COMMANDS[chosen.command].run(chosen)
    except CommandError as error:
        console.print(str(error), style="red", markup=False, soft_wrap=True)
        return 1
    return status


if __name__ == "__main__":
    sys.exit(main())

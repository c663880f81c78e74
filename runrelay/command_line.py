"""A command line of several commands, each a module."""

import argparse
import signal
import sys
from collections.abc import Mapping, Sequence
from typing import Protocol

from runrelay.progress import console


class CommandError(Exception):
    """What failed, in words for the person at the terminal."""


class Command(Protocol):
    """A module whose docstring is its help."""

    __doc__: str | None

    def add_arguments(self, parser: argparse.ArgumentParser, /) -> None:
        """Say what it takes."""
        ...

    def run(self, arguments: argparse.Namespace, /) -> int:
        """Do it, and give the exit code.

        Raises:
            CommandError: It failed as may be expected.
        """
        ...


def end_on_signals() -> None:
    """Have a command that is ended by a signal stop what it started."""
    for word in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(word, lambda number, _: sys.exit(128 + number))


def run_command(
    program: str, description: str | None, commands: Mapping[str, Command], arguments: Sequence[str] | None
) -> int:
    """Run the command that the arguments name; an expected failure is a message, not a traceback."""
    parser = argparse.ArgumentParser(prog=program, description=description)
    subparsers = parser.add_subparsers(dest="command", required=True)
    for name, command in commands.items():
        command.add_arguments(subparsers.add_parser(name, help=command.__doc__, description=command.__doc__))
    chosen = parser.parse_args(arguments)

    end_on_signals()
    try:
        return commands[chosen.command].run(chosen)
    except CommandError as error:
        console.print(str(error), style="red", markup=False, soft_wrap=True)
        return 1

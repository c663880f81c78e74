"""Options that every command takes: which stack is meant, and JSON in place of words."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from runrelay.command_line import CommandError

if TYPE_CHECKING:
    from runrelay.client.blocking import Runrelay

STACK = "RUNRELAY_STACK"
DIRECTORY = Path(".local")

Stack = Annotated[
    str | None,
    typer.Option(
        "--stack",
        "--stack-name",
        metavar="NAME",
        help="A CloudFormation stack on AWS; else that of RUNRELAY_STACK, else the local one.",
        show_default=False,
    ),
]
Directory = Annotated[
    Path | None,
    typer.Option(metavar="PATH", help="The local stack's, where its stack.json is.", show_default=False),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


@dataclass(frozen=True, slots=True)
class Where:
    """The stack that a command is about.

    Attributes:
        stack_name: On AWS; none is the local one in `directory`.
    """

    stack_name: str | None
    directory: Path

    @classmethod
    def said(cls, stack: str | None, directory: Path | None) -> "Where":
        """Take what was said, else what the environment says, else the local stack here.

        Raises:
            CommandError: Both were said.
        """
        if stack and directory:
            raise CommandError("Say either --stack or --directory.")
        stack = stack or (None if directory else os.environ.get(STACK)) or None
        if stack is not None and stack.endswith(".json"):  # a local stack's file, as the client takes it
            return cls(None, Path(stack).parent)
        return cls(stack, directory or DIRECTORY)

    def client(self) -> "Runrelay":
        """Make a client of its API.

        Raises:
            NoStackError: There is none.
        """
        from runrelay.client.blocking import Runrelay  # noqa: PLC0415 - who needs no client loads none

        return Runrelay(self.stack_name) if self.stack_name else Runrelay(directory=self.directory)

    @property
    def option(self) -> str:
        """Say it again, for a command that is named: ` --stack NAME`, or nothing."""
        if self.stack_name and os.environ.get(STACK) != self.stack_name:
            return f" --stack {self.stack_name}"
        return "" if self.stack_name or self.directory == DIRECTORY else f" --directory {self.directory}"

"""Options that every command takes: which stack is meant, and JSON in place of words."""

from pathlib import Path
from typing import Annotated

import typer

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

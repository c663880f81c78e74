"""Build what Lambda gets."""

import argparse

from runrelay.progress import console
from tasks import artifact
from tasks.parameters import add_parameters
from tasks.team.build import built
from tasks.team.folder import add_tools, given


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_parameters(parser)
    add_tools(parser)
    parser.add_argument("--architecture", choices=["arm64", "x86_64"], default=artifact.host_architecture())


def run(arguments: argparse.Namespace) -> int:
    with built(arguments.architecture, given(arguments), dict(arguments.parameters)) as template:
        console.print(f"{template} is up to date.", soft_wrap=True)
    return 0

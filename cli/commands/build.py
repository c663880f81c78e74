"""Build what Lambda gets."""

import argparse

from cli import artifact
from cli.progress import console


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--architecture", choices=["arm64", "x86_64"], default=artifact.host_architecture())


def run(arguments: argparse.Namespace) -> int:
    with artifact.built(arguments.architecture) as template:
        console.print(f"{template} is up to date.", soft_wrap=True)
    return 0

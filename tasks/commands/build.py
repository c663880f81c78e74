"""Build what Lambda gets."""

import argparse

from runrelay.progress import console
from tasks import artifact


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--architecture", choices=["arm64", "x86_64"], default=artifact.host_architecture())


def run(arguments: argparse.Namespace) -> int:
    with artifact.built(arguments.architecture) as template:
        console.print(f"{template} is up to date.", soft_wrap=True)
    return 0

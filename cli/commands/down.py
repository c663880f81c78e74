"""Stop the local stack."""

import argparse
from pathlib import Path

from cli.checkout import LOCAL
from cli.local_stack import LocalStack
from cli.progress import step


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--directory", type=Path, default=LOCAL, help="where its state lives")


def run(arguments: argparse.Namespace) -> int:
    with step("Stopping the local stack"):
        LocalStack(arguments.directory).stop()
    return 0

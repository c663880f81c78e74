"""Stop the local stack."""

import argparse
from pathlib import Path

from runrelay.progress import step
from tasks.checkout import LOCAL
from tasks.local_stack import LocalStack


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--directory", type=Path, default=LOCAL, help="where its state lives")


def run(arguments: argparse.Namespace) -> int:
    with step("Stopping the local stack"):
        LocalStack(arguments.directory).stop()
    return 0

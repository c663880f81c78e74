"""Drive runs on a local stack of its own, show what happens, and count what polling would have cost."""

import argparse
import signal
from pathlib import Path
from typing import Final

from runrelay.progress import step
from tasks.checkout import LOCAL
from tasks.demo.performance import perform
from tasks.local_stack import LocalStack

PARAMETERS: Final = {
    "WorkerConcurrency": "2",  # each instance of a function is a process here, and starts cold
    "ToolConcurrency": "4",
    "CheckFirstSeconds": "12",  # longer than a run of the show, and short enough to be waited for
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--directory", type=Path, default=LOCAL / "demo", help="where its state lives")
    parser.add_argument("--pace", type=float, default=1, help="stretches the model's turns (default: 1)")


def run(arguments: argparse.Namespace) -> int:
    local_stack = LocalStack(arguments.directory, parameters=PARAMETERS)
    try:
        return perform(local_stack.start(), pace=arguments.pace)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    finally:
        with step("Stopping the local stack"):
            local_stack.stop()

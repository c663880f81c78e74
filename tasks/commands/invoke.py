"""Run sample events through their functions in containers, on the running local stack."""

import argparse
from pathlib import Path

from runrelay.command_line import CommandError
from runrelay.progress import console, step
from tasks import artifact, sample_event
from tasks.checkout import LOCAL, ROOT
from tasks.invocation import Invocation
from tasks.local_stack import LocalStack


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("events", nargs="+", type=Path, metavar="events/<function>/<name>.json")


def run(arguments: argparse.Namespace) -> int:
    stack = LocalStack(LOCAL).running()
    if stack is None:
        raise CommandError("No local stack is up: `make up` first.")
    failures = []
    with artifact.built(artifact.host_architecture()) as template:
        for path in arguments.events:
            event = sample_event.read(path, stack.webhook_secret)
            log = LOCAL / "logs" / f"invoke-{path.parent.name}-{path.stem}.log"
            invocation = Invocation(sample_event.FUNCTIONS[path.parent.name], event, log)
            try:
                with step(f"{invocation.function} handles {path.resolve().relative_to(ROOT)}"):
                    answer = invocation.run(stack, template)
            except CommandError as error:
                console.print(str(error), style="red", markup=False, soft_wrap=True)
                failures.append(path)
            else:
                console.print_json(data=answer)
    return 1 if failures else 0

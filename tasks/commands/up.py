"""Start the local stack and leave it running; put changed code on one that runs."""

import argparse
import os
from pathlib import Path

import tasks.console
from runrelay.command_line import CommandError
from runrelay.progress import console
from tasks import openai_key
from tasks.checkout import LOCAL
from tasks.local_stack import LocalStack
from tasks.parameters import add_parameters
from tasks.team.folder import add_tools, given


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_parameters(parser)
    add_tools(parser)
    parser.add_argument("--directory", type=Path, default=LOCAL, help="where its state lives")


def run(arguments: argparse.Namespace) -> int:
    parameters = dict(arguments.parameters)
    local_stack = LocalStack(arguments.directory, parameters=parameters, tools=given(arguments))
    stack = local_stack.running()
    if stack is None:
        key = os.environ.get(openai_key.VARIABLE, "") if "OpenAIBaseUrl" in parameters else ""
        stack = local_stack.start(provider_key=key)
    elif stack.parameters != parameters:
        raise CommandError("The local stack is up with other parameters: `make down` first.")
    else:
        local_stack.update(stack)

    stack = tasks.console.served(local_stack.directory, stack)
    console.print(f"console    {stack.console_url}", soft_wrap=True)
    console.print(f"API        {stack.api_url}", soft_wrap=True)
    console.print(f"simulator  {stack.simulator_url}", soft_wrap=True)
    console.print(f"the rest   {local_stack.path}", soft_wrap=True)
    return 0

"""Check the tools, and write what others know of the samples: `layers/contracts/contracts/catalog.json`."""

import argparse
import json
from typing import Final

from contracts.catalog import CATALOG_FILE

from functions.tools.declarations import FUNCTION_SECONDS
from functions.tools.entries import report
from runrelay.command_line import CommandError
from runrelay.progress import console
from tasks.parameters import add_parameters
from tasks.team import build
from tasks.team.folder import add_tools, given

SAMPLES: Final = "functions.tools.catalog"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_parameters(parser)
    add_tools(parser)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if it is stale")


def run(arguments: argparse.Namespace) -> int:
    seconds = build.function_seconds(dict(arguments.parameters))
    folder = given(arguments)
    write_samples(FUNCTION_SECONDS if folder else seconds, is_check=arguments.check)
    if folder:
        names = sorted(entry["name"] for entry in build.entries(folder, seconds))
        console.print(f"{folder.path} has {', '.join(names) or 'no tools'}.", soft_wrap=True)
    return 0


def write_samples(seconds: int, *, is_check: bool) -> None:
    """Write the catalog of the sample tools, or see whether it is as it should be.

    Raises:
        CommandError: It is stale, or cannot be made; a line for each mistake.
    """
    found = report(SAMPLES, seconds)
    if found.mistakes:
        raise CommandError("The catalog cannot be made: " + "\n".join(found.mistakes))
    text = json.dumps(found.entries, indent=2) + "\n"
    is_fresh = CATALOG_FILE.exists() and CATALOG_FILE.read_text() == text
    if is_check and not is_fresh:
        raise CommandError(f"{CATALOG_FILE} is stale: make catalog")
    if is_fresh:
        console.print(f"{CATALOG_FILE.name} is up to date.")
    else:
        CATALOG_FILE.write_text(text)
        names = sorted(entry["name"] for entry in found.entries)
        console.print(f"{CATALOG_FILE.name} is written anew: {', '.join(names)}.")

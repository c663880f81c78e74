"""Write what the worker and the API know of the tools: `layers/contracts/contracts/catalog.json`."""

import argparse
import json
from dataclasses import asdict

from contracts.catalog import CATALOG_FILE

from functions.tools.catalog import load_tools
from runrelay.command_line import CommandError
from runrelay.progress import console


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--check", action="store_true", help="write nothing; fail if it is stale")


def run(arguments: argparse.Namespace) -> int:
    try:
        entries = [asdict(tool.entry) for tool in load_tools().values()]
    except (TypeError, ValueError) as error:
        raise CommandError(f"The catalog cannot be made: {error}") from error
    text = json.dumps(entries, indent=2) + "\n"
    is_fresh = CATALOG_FILE.exists() and CATALOG_FILE.read_text() == text
    if arguments.check and not is_fresh:
        raise CommandError(f"{CATALOG_FILE} is stale: make catalog")
    if not is_fresh:
        CATALOG_FILE.write_text(text)
    console.print(f"{CATALOG_FILE.name} is up to date.")
    return 0
